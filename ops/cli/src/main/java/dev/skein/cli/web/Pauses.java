package dev.skein.cli.web;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waits, really or (in tests) not. */
@FunctionalInterface
public interface Pauses {
  /** Really waits. */
  Pauses REAL = Pauses::park;

  /** Waits so long. */
  void pause(Duration time);

  private static void park(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    for (long left = time.toNanos();
        left > 0 && !Thread.currentThread().isInterrupted();
        left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
