package dev.skein.worker.owner;

import dev.skein.proto.Expire;
import dev.skein.proto.Manifest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long what is idle is kept.
 *
 * @param sessions a session that nobody has used for so long is deleted; zero: never
 * @param graves the turn numbers of a deleted session are remembered for so long: twice what {@code
 *     requests} keeps, so that no record of its time is left that a reader could take for another's
 * @param sweep how often it is looked for what is old
 */
public record Lifetimes(Duration sessions, Duration graves, Duration sweep) {
  private static final Duration GRAVES = Duration.ofDays(14);
  private static final Duration SWEEP_MAX = Duration.ofHours(6);
  private static final Duration SWEEP_MIN = Duration.ofSeconds(10);

  /** Sessions for ever. */
  public static final Lifetimes USUAL = new Lifetimes(Duration.ZERO, GRAVES, SWEEP_MAX);

  /** Sessions for so long; looked for twenty times in it. */
  public static Lifetimes of(Duration sessions) {
    Duration part = sessions.dividedBy(20);
    Duration sweep = part.compareTo(SWEEP_MIN) < 0 ? SWEEP_MIN : part;
    return sessions.isZero()
        ? USUAL
        : new Lifetimes(sessions, GRAVES, sweep.compareTo(SWEEP_MAX) > 0 ? SWEEP_MAX : sweep);
  }

  /** The word that a session or its grave is too old, or null while it is kept. */
  public @Nullable Expire judged(Manifest manifest, long nowMs) {
    Duration kept = manifest.getDeleted() ? graves : sessions;
    long since = nowMs - kept.toMillis();
    return kept.isZero() || manifest.hasUnfinished() || manifest.getUpdatedMs() > since
        ? null
        : Expire.newBuilder().setIdleSinceMs(since).setGrave(manifest.getDeleted()).build();
  }
}
