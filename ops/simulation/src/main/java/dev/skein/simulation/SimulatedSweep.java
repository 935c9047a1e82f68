package dev.skein.simulation;

import dev.skein.proto.Control;
import dev.skein.proto.Expire;
import dev.skein.proto.Manifest;
import dev.skein.worker.owner.Lifetimes;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * Proposes to end what is too old, as the sweep of a worker does from what was committed when it
 * looked, and remembers what was proposed.
 */
final class SimulatedSweep {

  /** Longer than a life: turn numbers of a grave that is dropped may be used again. */
  private static final Duration GRAVES = Duration.ofHours(100);

  private static final int LOOKS_MAX = 10;

  private final World world;
  private final Lifetimes lifetimes;
  private final ArrayDeque<Control> words = new ArrayDeque<>();
  private final Map<String, Long> idleSinceMs = new HashMap<>();

  SimulatedSweep(World world, Duration sessions) {
    this.world = world;
    this.lifetimes = new Lifetimes(sessions, GRAVES, Duration.ZERO);
  }

  /** Looks through a shard; what it has to say of it is said later. */
  void look(int shard) {
    for (Map.Entry<String, Manifest> known : world.promises().manifests(shard).entrySet()) {
      Expire expire = lifetimes.judged(known.getValue(), world.nowMs());
      if (expire != null) {
        words.add(Control.newBuilder().setSession(known.getKey()).setExpire(expire).build());
      }
    }
  }

  /** Says what was found longest ago. */
  void speak() {
    Control word = words.poll();
    if (word != null) {
      idleSinceMs.merge(word.getSession(), word.getExpire().getIdleSinceMs(), Math::max);
      world.tell(word);
    }
  }

  /** Sessions end first, and then their graves; who is busy at one look is not at the next. */
  void endEverything() {
    for (int age = 0; age < 2; age++) {
      world.jump(2 * GRAVES.toMillis());
      int looks = 0;
      while (lookEverywhere()) {
        BrokenPromise.unless(++looks < LOOKS_MAX, "liveness: what is too old does not end");
        world.comeToRest();
      }
    }
  }

  private boolean lookEverywhere() {
    for (int shard = 0; shard < world.shards(); shard++) {
      look(shard);
    }
    boolean isOld = !words.isEmpty();
    while (!words.isEmpty()) {
      speak();
    }
    return isOld;
  }

  /** Somebody has proposed to end the session if it was idle since then. */
  boolean proposed(String session, long usedMs) {
    return idleSinceMs.getOrDefault(session, Long.MIN_VALUE) >= usedMs;
  }
}
