package dev.skein.engine;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Holds an engine to a number of steps a second, so that it leaves the processors to others. An
 * engine that has rested does not catch up. For one thread.
 */
final class Pace {
  private final long nanosPerStep;
  private long nextNanos = System.nanoTime();

  /**
   * Begins now.
   *
   * @param stepsPerSecond how many at most; 0 for as many as there is time for
   */
  Pace(int stepsPerSecond) {
    nanosPerStep = stepsPerSecond == 0 ? 0 : TimeUnit.SECONDS.toNanos(1) / stepsPerSecond;
  }

  /** Waits until the next step may begin. */
  void await() {
    if (nanosPerStep == 0) {
      return;
    }
    long now = System.nanoTime();
    while (nextNanos - now > 0) {
      LockSupport.parkNanos(nextNanos - now);
      now = System.nanoTime();
    }
    nextNanos = now + nanosPerStep;
  }
}
