package dev.skein.worker.owner;

import dev.skein.proto.RequestNumbers;
import dev.skein.proto.ShardRecord;
import dev.skein.store.ShardStore;
import dev.skein.worker.shard.ShardEvent;

/**
 * Reads the partitions of a pool's {@code requests} and {@code controls} for the shards that are
 * owned here.
 */
public interface RequestLog {

  /** Takes the records of one shard in log order. */
  interface Sink {
    /** Takes an event; false if there is no room now: the record is brought again later. */
    boolean offer(ShardEvent event);

    /** Records that were to be read are gone from the log. */
    void missing(long wanted, long found);
  }

  /**
   * Where to begin.
   *
   * @param fresh at the start of the log, whatever the rest says
   * @param numbers which requests lie where
   * @param requestsFrom number of the next request
   * @param controlsFrom next offset of {@code controls}
   */
  record Start(boolean fresh, RequestNumbers numbers, long requestsFrom, long controlsFrom) {

    /** Where the owner before has left off. */
    static Start of(ShardStore.Acquired acquired) {
      ShardRecord record = acquired.record();
      return new Start(
          acquired.fresh(),
          new RequestNumbers(record.getShiftsList()),
          record.getWatermark(),
          record.getControlsOffset());
    }
  }

  /** Begins to read a shard. */
  void open(int shard, Start start, Sink sink);

  /** Stops or goes on reading a shard's requests; its controls are never paused. */
  void pause(int shard, boolean paused);

  /**
   * Ends reading a shard into a sink, unless it was opened again with another one; when this
   * returns the sink is not called any more.
   */
  void close(int shard, Sink sink);
}
