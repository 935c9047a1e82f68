package dev.skein.kernels;

import java.util.concurrent.locks.ReentrantLock;

/**
 * Whose turn it is among those who share a {@link WorkerPool}: one at a time, in the order in which
 * they asked. Whoever asks again at once stands behind all who wait, so nobody waits for more than
 * one turn of each other one. Who is alone never waits.
 */
public final class Turns {

  /** A turn; it ends when it is closed, by the thread that took it. */
  public interface Turn extends AutoCloseable {
    @Override
    void close();
  }

  private final ReentrantLock inOrder = new ReentrantLock(true);
  private final Turn turn = inOrder::unlock;

  Turns() {}

  /** Waits until it is the caller's turn. */
  public Turn take() {
    inOrder.lock();
    return turn;
  }
}
