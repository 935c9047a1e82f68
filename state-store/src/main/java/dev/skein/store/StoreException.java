package dev.skein.store;

import org.jspecify.annotations.Nullable;

/**
 * The store failed, or somebody else owns the shard now. It means one thing only: close the store
 * and drop everything that the shard has in memory. Nothing may be written through the same store
 * afterwards, because what an earlier transaction left behind is unknown.
 */
public final class StoreException extends Exception {

  private static final long serialVersionUID = 1L;

  private final boolean fenced;

  /** A failure in a sentence. */
  public StoreException(String message) {
    super(message);
    this.fenced = false;
  }

  /** A failure with what brought it about. */
  public StoreException(String message, Throwable cause) {
    this(message, cause, cause instanceof StoreException first && first.fenced);
  }

  private StoreException(String message, @Nullable Throwable cause, boolean fenced) {
    super(message, cause);
    this.fenced = fenced;
  }

  /** The log refuses this writer: it has a successor, or its own transaction ran out of time. */
  public static StoreException fenced(String message, @Nullable Throwable cause) {
    return new StoreException(message, cause, true);
  }

  /** Whether the log refused this writer for good. */
  public boolean isFenced() {
    return fenced;
  }
}
