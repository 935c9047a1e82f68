package dev.skein.worker.owner;

import dev.skein.worker.shard.RawRecord;

/** Puts records that a foreign partitioner misplaced into the partition that they belong to. */
public interface RecordForwarder {

  /**
   * Produces the record unchanged, marked with its origin, outside of any transaction.
   *
   * @param from the shard that read it
   * @param acknowledged called when it is in the log; never called if it cannot be written
   * @param failed called with the reason otherwise
   */
  void forward(
      RawRecord raw,
      int from,
      int to,
      Runnable acknowledged,
      java.util.function.Consumer<Exception> failed);
}
