package dev.skein.worker.owner;

import dev.skein.worker.shard.ShardEvent;
import java.util.Queue;
import java.util.function.BooleanSupplier;

/**
 * The reader's way into a shard's queue: it must not crowd out the engine's words.
 *
 * @param isOver the shard is owned no more: what comes is dropped
 * @param isLeaving the shard is being given back: there is no room
 */
record RecordSink(
    int shard,
    Queue<ShardEvent> inbox,
    BooleanSupplier isOver,
    BooleanSupplier isLeaving,
    OwnerMetrics metrics)
    implements RequestLog.Sink {

  private static final int QUEUED_MAX = 1 << 13;

  @Override
  public boolean offer(ShardEvent event) {
    return isOver.getAsBoolean()
        || (!isLeaving.getAsBoolean() && inbox.size() < QUEUED_MAX && inbox.offer(event));
  }

  @Override
  public void missing(long wanted, long found) {
    metrics.recordsMissing(shard, wanted, found);
  }
}
