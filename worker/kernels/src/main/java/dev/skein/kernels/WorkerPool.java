package dev.skein.kernels;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed number of threads that do one piece of work together, the caller being one of them. The
 * work is cut into some parts a thread, always at the same places, and whoever is free takes the
 * next one: a thread whose processor serves somebody else for a while delays the part that it has
 * begun, and no other. {@link #run} returns when every part is done. Helpers wait for the next
 * piece of work with a short spin (the pieces of one step follow each other within microseconds)
 * and then park, so an idle pool costs nothing.
 *
 * <p>Only one thread at a time may call {@link #run}; a second one is refused with an
 * IllegalStateException. Several who share the pool take {@link #turns}.
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

  /** Enough that a stolen processor delays little, few enough that taking them costs little. */
  private static final int PARTS_OF_A_THREAD = 4;

  /** Less than a tenth of a millisecond: longer than the gaps inside a step. */
  private static final int SPINS = 2000;

  private static final int PART_BITS = 16;
  private static final int PART_MASK = (1 << PART_BITS) - 1;

  private final Worker[] workers;
  private final int parts;

  /** The number of the present piece of work and, in the lower bits, its next part. */
  private final AtomicLong next;

  private final AtomicInteger pending = new AtomicInteger();
  private final AtomicInteger busy = new AtomicInteger();
  private final Turns turns = new Turns();
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
    parts = threads == 1 ? 1 : threads * PARTS_OF_A_THREAD;
    next = new AtomicLong(parts); // nothing is left of work number 0
    workers = new Worker[threads - 1];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker("skein-kernel-" + (i + 1));
      workers[i].start();
    }
  }

  /** How many threads work, the caller included. */
  public int threads() {
    return workers.length + 1;
  }

  /** Into how many parts every piece of work is cut; each is run once, by one thread. */
  public int parts() {
    return parts;
  }

  /** Who shares the pool with others calls {@link #run} in turns alone. */
  public Turns turns() {
    return turns;
  }

  /**
   * Runs all parts of a piece of work and returns when they are done. What a part throws is thrown
   * here, after all parts have ended.
   */
  @SuppressWarnings("unchecked") // the context is handed back to the phase that came with it
  public <C> void run(C context, Phase<C> phase) {
    if (workers.length == 0) {
      phase.run(context, 0, 1);
      return;
    }
    if (closed || !busy.compareAndSet(0, 1)) {
      throw new IllegalStateException(closed ? "the pool is closed" : "the pool is in use");
    }
    try {
      start(context, (Phase<Object>) phase);
      work();
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
    waiting = null;
    pending.set(parts);
    next.set(((next.get() >>> PART_BITS) + 1) << PART_BITS); // publishes all of the above
    for (Worker worker : workers) {
      if (worker.parked) {
        LockSupport.unpark(worker);
      }
    }
  }

  /** Takes parts as long as there are any; whoever finishes the last one wakes the caller. */
  private void work() {
    int done = 0;
    for (int part = take(); part >= 0; part = take()) {
      runPart(part);
      done++;
    }
    if (done > 0 && pending.addAndGet(-done) == 0) {
      LockSupport.unpark(waiting);
    }
  }

  /** The next part of the present work, -1 if there is none. */
  private int take() {
    while (true) {
      long now = next.get();
      int part = (int) (now & PART_MASK);
      if (part >= parts) {
        return -1;
      }
      if (next.compareAndSet(now, now + 1)) {
        return part;
      }
    }
  }

  private void await() {
    for (int spins = 0; pending.get() > 0; spins++) {
      if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        waiting = Thread.currentThread();
        if (pending.get() > 0) {
          LockSupport.park(this);
        }
      }
    }
  }

  private void runPart(int part) {
    try {
      Phase<Object> current = phase;
      Object about = context;
      if (current != null && about != null) {
        current.run(about, part, parts);
      }
    } catch (Throwable t) { // an Error of a worker thread must reach the caller too
      failure = t;
    }
  }

  private static RuntimeException rethrow(Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    return (RuntimeException) thrown;
  }

  /** Ends the worker threads. */
  @Override
  public void close() {
    closed = true;
    for (Worker worker : workers) {
      LockSupport.unpark(worker);
    }
  }

  private final class Worker extends Thread {
    volatile boolean parked;

    Worker(String name) {
      super(name);
      setDaemon(true);
    }

    @Override
    public void run() {
      ThreadPolicy.foreground();
      long seen = 0;
      while (awaitWorkAfter(seen)) {
        seen = next.get() >>> PART_BITS;
        work();
      }
    }

    /** Waits for work of a higher number; false when the pool is closed. */
    private boolean awaitWorkAfter(long seen) {
      for (int spins = 0; next.get() >>> PART_BITS == seen; spins++) {
        if (closed) {
          return false;
        }
        if (spins < SPINS) {
          Thread.onSpinWait();
        } else {
          parked = true;
          if (next.get() >>> PART_BITS == seen && !closed) {
            LockSupport.park(WorkerPool.this);
          }
          parked = false;
        }
      }
      return true;
    }
  }
}
