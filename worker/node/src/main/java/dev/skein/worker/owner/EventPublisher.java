package dev.skein.worker.owner;

import dev.skein.proto.TokenEvent;
import dev.skein.store.ShardStore;
import dev.skein.worker.shard.Effect;
import dev.skein.worker.shard.ShardEvent;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Puts a shard's events into its log, and shows each once Kafka has acknowledged it. Tokens may
 * wait for company ({@link WritePace}); the first one of an answer, the first one since the shard
 * came here and the end do not.
 */
final class EventPublisher {

  private final int shard;
  private final ShardStore store;
  private final EventPush push;
  private final Consumer<ShardEvent> owner;
  private final Consumer<Throwable> onFailure;
  private final AtomicLong tokensEnd = new AtomicLong();
  private final List<Effect.Publish> waiting = new ArrayList<>();

  /** Sessions of which this owner has written a token of the answer under way. */
  private final Set<String> speaking = new HashSet<>();

  private final WritePace pace = new WritePace();
  private final LongSupplier ticks;

  /**
   * @param owner told that starts were acknowledged; any thread
   * @param ticks milliseconds of a clock that nobody sets
   */
  EventPublisher(
      int shard,
      ShardStore store,
      EventPush push,
      Consumer<ShardEvent> owner,
      Consumer<Throwable> onFailure,
      LongSupplier ticks) {
    this.shard = shard;
    this.store = store;
    this.push = push;
    this.owner = owner;
    this.onFailure = onFailure;
    this.ticks = ticks;
  }

  /** The log of tokens is known to reach up to here. */
  void reached(long offset) {
    tokensEnd.accumulateAndGet(offset, Math::max);
  }

  /** Where the acknowledged log of tokens ends now. */
  long tokensEnd() {
    return tokensEnd.get();
  }

  /** Takes an event that is to be written after all that were taken before. */
  void publish(Effect.Publish publish) {
    waiting.add(publish);
    if (mayWait(publish.event())) {
      flushIfDue();
    } else {
      flush();
    }
  }

  /** Writes what has waited long enough. */
  void flushIfDue() {
    if (ticks.getAsLong() >= dueMs()) {
      flush();
    }
  }

  /** Writes what waits; to be called before the transaction is committed. */
  void flush() {
    if (!waiting.isEmpty()) {
      long now = ticks.getAsLong();
      pace.wrote(now);
      waiting.forEach(publish -> write(publish, now));
      waiting.clear();
    }
  }

  /** When {@link #flushIfDue} is wanted; {@link Long#MAX_VALUE} if nothing waits. */
  long dueMs() {
    return waiting.isEmpty() ? Long.MAX_VALUE : pace.dueMs();
  }

  private boolean mayWait(TokenEvent event) {
    if (event.hasToken()) {
      return !speaking.add(event.getSession()) && event.getIndex() > 0;
    }
    if (event.hasEnd()) {
      speaking.remove(event.getSession());
    }
    return false;
  }

  private void write(Effect.Publish publish, long nowMs) {
    store.publish(
        publish.event(),
        publish.json(),
        new Acknowledged(
            offset -> {
              acknowledged(publish, offset);
              pace.acknowledged(nowMs, ticks.getAsLong());
            },
            onFailure::accept));
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
