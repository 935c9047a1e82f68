package dev.skein.store;

/**
 * A stored snapshot is gone or is not the one that its slot describes: a chunk was compacted away,
 * or its key or the digest differ. The shard lives on; its owner takes an older slot or runs the
 * session's turns again.
 */
public final class SnapshotUnavailableException extends Exception {

  private static final long serialVersionUID = 1L;

  /** What is missing, in a sentence. */
  public SnapshotUnavailableException(String message) {
    super(message);
  }

  /** What is missing, with the fault that showed it. */
  public SnapshotUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
