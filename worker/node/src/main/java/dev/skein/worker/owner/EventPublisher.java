package dev.skein.worker.owner;

import dev.skein.store.ShardStore;
import dev.skein.worker.shard.Effect;
import dev.skein.worker.shard.ShardEvent;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Puts a shard's events into its log, and shows each once Kafka has acknowledged it. */
final class EventPublisher {

  private final int shard;
  private final ShardStore store;
  private final EventPush push;
  private final Consumer<ShardEvent> owner;
  private final Consumer<Throwable> onFailure;
  private final AtomicLong tokensEnd = new AtomicLong();

  /**
   * @param owner told that starts were acknowledged; any thread
   */
  EventPublisher(
      int shard,
      ShardStore store,
      EventPush push,
      Consumer<ShardEvent> owner,
      Consumer<Throwable> onFailure) {
    this.shard = shard;
    this.store = store;
    this.push = push;
    this.owner = owner;
    this.onFailure = onFailure;
  }

  /** The log of tokens is known to reach up to here. */
  void reached(long offset) {
    tokensEnd.accumulateAndGet(offset, Math::max);
  }

  /** Where the acknowledged log of tokens ends now. */
  long tokensEnd() {
    return tokensEnd.get();
  }

  void publish(Effect.Publish publish) {
    store.publish(
        publish.event(),
        publish.json(),
        new Acknowledged(offset -> acknowledged(publish, offset), onFailure::accept));
  }

  /** Shows what lies in the log already. */
  void push(Effect.Push known) {
    push.push(known.push(), known.event(), shard, -1);
  }

  private void acknowledged(Effect.Publish publish, long offset) {
    reached(offset + 1);
    String router = publish.push();
    if (router != null) {
      push.push(router, publish.event(), shard, offset);
    }
    if (publish.starts()) {
      owner.accept(
          new ShardEvent.StartAcknowledged(
              publish.event().getSession(), publish.event().getTurn(), offset));
    }
  }
}
