package dev.skein.kernels;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed number of threads that do one piece of work together, the caller being one of them. The
 * work is cut into as many parts as there are threads, always at the same places, and {@link #run}
 * returns when every part is done. Helpers wait for the next piece of work with a short spin (the
 * pieces of one step follow each other within microseconds) and then park, so an idle pool costs
 * nothing.
 *
 * <p>Only one thread at a time may call {@link #run}; a second one is refused with an
 * IllegalStateException.
 */
public final class WorkerPool implements AutoCloseable {

  /**
   * One part of a piece of work.
   *
   * @param <C> what the work is about; passed through, so that a phase can be a constant and a step
   *     allocates nothing
   */
  @FunctionalInterface
  public interface Phase<C> {
    void run(C context, int part, int parts);
  }

  /**
   * About 30 microseconds: longer than the gaps inside a step, shorter than anyone would notice.
   */
  private static final int SPINS = 1000;

  private final Thread[] helpers;
  private final AtomicInteger pending = new AtomicInteger();
  private final AtomicInteger busy = new AtomicInteger();
  private final AtomicInteger generation = new AtomicInteger();
  private volatile boolean closed;
  private volatile @Nullable Throwable failure;
  private volatile @Nullable Thread waiting;
  private @Nullable Phase<Object> phase;
  private @Nullable Object context;

  /**
   * @param threads how many threads work, the caller included
   */
  public WorkerPool(int threads) {
    if (threads < 1 || threads > 1024) {
      throw new IllegalArgumentException("threads must be between 1 and 1024, not " + threads);
    }
    helpers = new Thread[threads - 1];
    for (int i = 0; i < helpers.length; i++) {
      int part = i + 1;
      helpers[i] = new Thread(() -> help(part), "skein-kernel-" + part);
      helpers[i].setDaemon(true);
      helpers[i].start();
    }
  }

  /** How many threads work, the caller included; also the number of parts. */
  public int threads() {
    return helpers.length + 1;
  }

  /**
   * Runs all parts of a piece of work and returns when they are done. What a part throws is thrown
   * here, after all parts have ended.
   */
  @SuppressWarnings("unchecked") // the context is handed back to the phase that came with it
  public <C> void run(C context, Phase<C> phase) {
    if (helpers.length == 0) {
      phase.run(context, 0, 1);
      return;
    }
    if (closed || !busy.compareAndSet(0, 1)) {
      throw new IllegalStateException(closed ? "the pool is closed" : "the pool is in use");
    }
    try {
      start(context, (Phase<Object>) phase);
      runPart(0);
      await();
    } finally {
      this.phase = null;
      this.context = null;
      busy.set(0);
    }
    Throwable thrown = failure;
    if (thrown != null) {
      failure = null;
      throw rethrow(thrown);
    }
  }

  private void start(Object context, Phase<Object> phase) {
    this.phase = phase;
    this.context = context;
    waiting = Thread.currentThread();
    pending.set(helpers.length);
    generation.incrementAndGet(); // publishes all of the above
    for (Thread helper : helpers) {
      LockSupport.unpark(helper);
    }
  }

  private void await() {
    for (int spins = 0; pending.get() > 0; spins++) {
      if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.park(this);
      }
    }
  }

  private void help(int part) {
    int seen = 0;
    while (awaitGeneration(seen)) {
      seen++;
      runPart(part);
      if (pending.decrementAndGet() == 0) {
        LockSupport.unpark(waiting);
      }
    }
  }

  /** Waits for the generation after {@code seen}; false when the pool is closed. */
  private boolean awaitGeneration(int seen) {
    for (int spins = 0; generation.get() == seen; spins++) {
      if (closed) {
        return false;
      }
      if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.park(this);
      }
    }
    return true;
  }

  private void runPart(int part) {
    try {
      Phase<Object> current = phase;
      Object about = context;
      if (current != null && about != null) {
        current.run(about, part, threads());
      }
    } catch (Throwable t) { // an Error of a helper thread must reach the caller too
      failure = t;
    }
  }

  private static RuntimeException rethrow(Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    return (RuntimeException) thrown;
  }

  /** Ends the helper threads. */
  @Override
  public void close() {
    closed = true;
    for (Thread helper : helpers) {
      LockSupport.unpark(helper);
    }
  }
}
