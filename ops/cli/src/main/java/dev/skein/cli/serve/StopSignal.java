package dev.skein.cli.serve;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * SIGTERM and Ctrl-C. The JVM answers both by running its shutdown hooks; ours lets the command's
 * own thread close everything in order, waits for that, and ends the process: 0 after a clean stop,
 * 1 otherwise.
 */
public final class StopSignal {
  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicBoolean clean = new AtomicBoolean();

  /** From now on a signal is answered by this. */
  public StopSignal() {
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().name("skein-stop").unstarted(this::stop));
  }

  private void stop() {
    asked.countDown();
    try {
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(clean.get() ? 0 : 1);
  }

  /** Whether somebody wants the process to end. */
  public boolean asked() {
    return asked.getCount() == 0;
  }

  /** Waits so long at most; true as soon as somebody wants the process to end. */
  public boolean await(Duration atMost) throws InterruptedException {
    return asked.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Returns when somebody wants the process to end. */
  public void await() throws InterruptedException {
    asked.await();
  }

  /** Everything is closed; the process may end. */
  public void done(boolean isClean) {
    clean.set(isClean);
    closed.countDown();
  }
}
