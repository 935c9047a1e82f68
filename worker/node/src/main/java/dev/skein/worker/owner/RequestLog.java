package dev.skein.worker.owner;

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
   * Begins to read a shard.
   *
   * @param fresh read from the start of the log, whatever the offsets say
   * @param requestsFrom next offset of {@code requests}
   * @param controlsFrom next offset of {@code controls}
   */
  void open(int shard, boolean fresh, long requestsFrom, long controlsFrom, Sink sink);

  /** Stops or goes on reading a shard's requests; its controls are never paused. */
  void pause(int shard, boolean paused);

  /** Ends reading a shard; when this returns the sink is not called any more. */
  void close(int shard);
}
