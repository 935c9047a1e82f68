package dev.skein.router.admission;

import java.util.concurrent.atomic.AtomicReference;

/**
 * So many units a minute, refilled evenly, saved up for a minute at most. May be overdrawn: what a
 * turn costs is known only when it ends. Any thread; time comes with the calls, in nanoseconds.
 */
final class Allowance {
  private static final double NANOS_A_MINUTE = 60e9;

  private final long perMinute;
  private final AtomicReference<Level> level;

  private record Level(double left, long nanos) {}

  Allowance(long perMinute, long now) {
    this.perMinute = perMinute;
    this.level = new AtomicReference<>(new Level(perMinute, now));
  }

  /** Takes one unit if there is one. */
  boolean take(long now) {
    if (perMinute == Quotas.UNLIMITED) {
      return true;
    }
    Level before =
        level.getAndUpdate(at -> {
          double left = refilled(at, now);
          return new Level(left >= 1 ? left - 1 : left, Math.max(now, at.nanos));
        });
    return refilled(before, now) >= 1;
  }

  /** Whether anything is left; takes nothing. */
  boolean left(long now) {
    return perMinute == Quotas.UNLIMITED || refilled(level.get(), now) >= 1;
  }

  /** Takes units whether there are enough or not. */
  void charge(long units, long now) {
    if (perMinute != Quotas.UNLIMITED) {
      level.getAndUpdate(at -> new Level(refilled(at, now) - units, Math.max(now, at.nanos)));
    }
  }

  /** Whole seconds, at least one, until a unit is there. */
  int secondsUntilOne(long now) {
    double missing = Math.max(0, 1 - refilled(level.get(), now));
    return (int) Math.max(1, Math.min(3_600, Math.ceil(missing * 60 / Math.max(1, perMinute))));
  }

  private double refilled(Level at, long now) {
    double fresh = Math.max(0, now - at.nanos) * (perMinute / NANOS_A_MINUTE);
    return Math.min((double) perMinute, at.left + fresh);
  }
}
