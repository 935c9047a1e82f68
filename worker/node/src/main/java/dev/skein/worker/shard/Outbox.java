package dev.skein.worker.shard;

import dev.skein.proto.Adoption;
import dev.skein.proto.Failure;
import dev.skein.proto.Kind;
import dev.skein.proto.Pin;
import dev.skein.proto.Request;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What one owner tells another, as records of the other's log, outside of any transaction and only
 * once what it rests on is committed. A pin is told again until it is answered; when it is too old
 * this owner answers it itself, by a record too, so that the log decides which word came first.
 */
final class Outbox {

  static final String EXPIRED = "fork_expired";
  static final String EXPIRED_SENTENCE =
      "The owner of the session to be made did not answer within the time that a fork may take; ask"
          + " again.";

  private static final long TELL_AGAIN_MS = 30_000;

  private record Watch(Session parent, Pin pin, long toldMs, boolean expired) {}

  private final Workings shard;
  private final List<Request> unsent = new ArrayList<>();
  private final Map<Pin, Watch> watches = new HashMap<>();

  Outbox(Workings shard) {
    this.shard = shard;
  }

  static Request request(String session, Kind kind, Adoption adoption) {
    return Request.newBuilder()
        .setSession(session)
        .setKind(kind)
        .setAdoption(adoption.toByteString())
        .build();
  }

  void afterCommit(Request request) {
    unsent.add(request);
  }

  /** A pin was written in the open transaction. */
  void pinnedNow(Session parent, Pin pin) {
    watches.put(pin, new Watch(parent, pin, pin.getSinceMs(), false));
    afterCommit(request(pin.getChild(), Kind.KIND_ADOPT, Forks.adoption(pin)));
  }

  /** A pin was found that an earlier owner wrote. */
  void pinned(Session parent, Pin pin, long nowMs) {
    watches.put(pin, new Watch(parent, pin, nowMs, false));
    shard
        .effects()
        .accept(new Effect.Tell(request(pin.getChild(), Kind.KIND_ADOPT, Forks.adoption(pin))));
  }

  void unpinned(Pin pin) {
    watches.remove(pin);
  }

  /** What was written is committed. */
  void committed() {
    unsent.forEach(request -> shard.effects().accept(new Effect.Tell(request)));
    unsent.clear();
  }

  /** A clock that was set back must not keep anybody waiting. */
  void clock(long nowMs) {
    watches.replaceAll((pin, watch) ->
        watch.toldMs() <= nowMs ? watch : new Watch(watch.parent(), pin, nowMs, watch.expired()));
  }

  void tick(long nowMs) {
    for (Watch watch : List.copyOf(watches.values())) {
      Pin pin = watch.pin();
      boolean isOld = nowMs - pin.getSinceMs() >= shard.limits().keeping().pinMs();
      if (isOld && !watch.expired()) {
        watches.put(pin, new Watch(watch.parent(), pin, nowMs, true));
        shard.effects().accept(new Effect.Tell(expired(pin)));
      } else if (nowMs - watch.toldMs() >= TELL_AGAIN_MS && !unsentHolds(pin)) {
        watches.remove(pin);
        pinned(watch.parent(), pin, nowMs);
      }
    }
  }

  private boolean unsentHolds(Pin pin) {
    return unsent.stream().anyMatch(r -> r.getAdoption().equals(pin.getAdoption()));
  }

  private static Request expired(Pin pin) {
    Adoption adoption = Forks.adoption(pin);
    Failure failure = Failure.newBuilder().setCode(EXPIRED).setMessage(EXPIRED_SENTENCE).build();
    return request(
        adoption.getParent(), Kind.KIND_UNPIN, adoption.toBuilder().setFailure(failure).build());
  }

  /** When {@link #tick} is wanted next. */
  long wakeUpMs() {
    long wakeUp = Long.MAX_VALUE;
    for (Watch watch : watches.values()) {
      wakeUp = Math.min(wakeUp, watch.toldMs() + TELL_AGAIN_MS);
    }
    return wakeUp;
  }
}
