package dev.skein.store;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;

/** Something that is read while its owner does something else. */
final class Beside<T> {
  private final FutureTask<T> task;

  private Beside(Callable<T> reading) {
    task = new FutureTask<>(reading);
  }

  /** Begins to read; may return when all is read. */
  static <T> Beside<T> begin(Executor besides, Callable<T> reading) {
    Beside<T> beside = new Beside<>(reading);
    besides.execute(beside.task);
    return beside;
  }

  /**
   * Waits for what was read.
   *
   * @throws StoreException if that is what the reading threw, or if the waiting was interrupted
   */
  T get() throws StoreException {
    try {
      return task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException("Interrupted while the log was read.", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof StoreException refused) {
        throw refused;
      }
      throw cause instanceof RuntimeException failed ? failed : new IllegalStateException(e);
    }
  }
}
