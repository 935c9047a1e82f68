package dev.skein.worker.owner;

import dev.skein.store.Heir;
import java.util.function.BooleanSupplier;

/**
 * How a shard comes from the worker that runs it to the one on which it was placed: the next owner
 * gets ready while the one before runs on, and only then asks for it. A courtesy that shortens the
 * pause of the shard's streams; who may write is decided by the log alone.
 */
public interface HandOver {

  /**
   * Waits until it is this shard's turn to come here, and until its owner has stored what it runs.
   * Few come at a time; the others run on where they are.
   *
   * @param owner the address of the owner before; empty: there is none
   * @param isWanted asked now and then: no longer means to wait no longer
   */
  Passage begin(int shard, String owner, BooleanSupplier isWanted) throws InterruptedException;

  /** A shard on its way here. To be closed when it runs here, or never will. */
  interface Passage extends AutoCloseable {

    /** Nobody has to be asked. */
    Passage FREE =
        new Passage() {
          @Override
          public boolean isAwaited() {
            return false;
          }

          @Override
          public void take(Heir me) {}

          @Override
          public void close() {}
        };

    /** Whether the shard runs elsewhere until it is taken. */
    boolean isAwaited();

    /** Asks for the shard; returns when it was given back, or there is nobody to wait for. */
    void take(Heir me) throws InterruptedException;

    @Override
    void close();
  }
}
