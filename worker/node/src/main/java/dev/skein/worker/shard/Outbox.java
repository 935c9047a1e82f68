package dev.skein.worker.shard;

import dev.skein.proto.Adoption;
import dev.skein.proto.Control;
import dev.skein.proto.EventFormat;
import dev.skein.proto.Failure;
import dev.skein.proto.Kind;
import dev.skein.proto.Pin;
import dev.skein.proto.Request;
import dev.skein.proto.Unpin;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one owner tells another, as records of the other's log, outside of any transaction and only
 * once what it rests on is committed. The way back is {@code controls}, which is never paused: a
 * deletion may wait for the word, and the whole shard for the deletion. A pin is told again until
 * it is answered; when it is too old this owner answers it itself, by a record too, so that the log
 * decides which word came first.
 */
final class Outbox {

  static final String EXPIRED = "fork_expired";
  static final String EXPIRED_SENTENCE =
      "The owner of the session to be made did not answer within the time that a fork may take; ask"
          + " again.";

  private static final long TELL_AGAIN_MS = 30_000;

  /**
   * A pin that waits for its answer.
   *
   * @param sinceMs when it was made, or if that lies ahead, when it was seen first
   */
  private record Watch(Session parent, Pin pin, long sinceMs, long toldMs, boolean expired) {
    static Watch begin(Session parent, Pin pin, long nowMs) {
      return new Watch(parent, pin, Math.min(pin.getSinceMs(), nowMs), nowMs, false);
    }

    Watch told(long nowMs, boolean expiredNow) {
      return new Watch(parent, pin, sinceMs, nowMs, expiredNow);
    }

    Watch notAhead(long nowMs) {
      return new Watch(parent, pin, Math.min(sinceMs, nowMs), Math.min(toldMs, nowMs), expired);
    }
  }

  private final Workings shard;
  private final List<Effect> unsent = new ArrayList<>();

  /** In the order in which they began: that of their hashes is another one in every process. */
  private final Map<Pin, Watch> watches = new LinkedHashMap<>();

  Outbox(Workings shard) {
    this.shard = shard;
  }

  private static Effect adopt(Pin pin) {
    return new Effect.Tell(
        Request.newBuilder()
            .setSession(pin.getChild())
            .setKind(Kind.KIND_ADOPT)
            .setAdoption(pin.getAdoption())
            .setEventFormat(
                Forks.adoption(pin).getJson()
                    ? EventFormat.EVENT_FORMAT_JSON
                    : EventFormat.EVENT_FORMAT_PROTOBUF)
            .build());
  }

  private static Effect unpin(Adoption told) {
    return new Effect.TellBack(
        Control.newBuilder()
            .setSession(told.getParent())
            .setRequestId(told.getForkId())
            .setUnpin(Unpin.newBuilder().setAdoption(told.toByteString()))
            .build());
  }

  /** The parent's owner is told what became of a fork once that is committed. */
  void tellBack(Adoption told) {
    unsent.add(unpin(told));
  }

  /** A pin was written in the open transaction. */
  void pinnedNow(Session parent, Pin pin) {
    watches.put(pin, Watch.begin(parent, pin, pin.getSinceMs()));
    unsent.add(adopt(pin));
  }

  /** A pin was found that an earlier owner wrote. */
  void pinned(Session parent, Pin pin, long nowMs) {
    watches.put(pin, Watch.begin(parent, pin, nowMs));
    shard.effects().accept(adopt(pin));
  }

  void unpinned(Pin pin) {
    watches.remove(pin);
  }

  /** What was written is committed. */
  void committed() {
    unsent.forEach(shard.effects());
    unsent.clear();
  }

  /** A clock that was set back must not keep anybody waiting. */
  void clock(long nowMs) {
    watches.replaceAll((pin, watch) -> watch.notAhead(nowMs));
  }

  void tick(long nowMs) {
    for (Watch watch : List.copyOf(watches.values())) {
      Pin pin = watch.pin();
      boolean isOld = nowMs - watch.sinceMs() >= shard.limits().keeping().pinMs();
      if (isOld && !watch.expired()) {
        watches.put(pin, watch.told(nowMs, true));
        shard.effects().accept(unpin(expired(pin)));
      } else if (nowMs - watch.toldMs() >= TELL_AGAIN_MS && !unsentHolds(pin)) {
        watches.put(pin, watch.told(nowMs, watch.expired()));
        shard.effects().accept(adopt(pin));
      }
    }
  }

  private boolean unsentHolds(Pin pin) {
    return unsent.contains(adopt(pin));
  }

  private static Adoption expired(Pin pin) {
    return Forks.adoption(pin).toBuilder()
        .setFailure(Failure.newBuilder().setCode(EXPIRED).setMessage(EXPIRED_SENTENCE))
        .build();
  }

  /** When {@link #tick} is wanted next. */
  long wakeUpMs() {
    long wakeUp = Long.MAX_VALUE;
    for (Watch watch : watches.values()) {
      long expiry = watch.sinceMs() + shard.limits().keeping().pinMs();
      wakeUp = Math.min(wakeUp, watch.toldMs() + TELL_AGAIN_MS);
      wakeUp = watch.expired() ? wakeUp : Math.min(wakeUp, expiry);
    }
    return wakeUp;
  }
}
