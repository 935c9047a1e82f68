package dev.skein.store;

/**
 * The store failed, or somebody else owns the shard now. It means one thing only: close the store
 * and drop everything that the shard has in memory. Nothing may be written through the same store
 * afterwards, because what an earlier transaction left behind is unknown.
 */
public final class StoreException extends Exception {

  private static final long serialVersionUID = 1L;

  /** A failure in a sentence. */
  public StoreException(String message) {
    super(message);
  }

  /** A failure with what brought it about. */
  public StoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
