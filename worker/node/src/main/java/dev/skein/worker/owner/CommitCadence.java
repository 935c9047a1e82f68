package dev.skein.worker.owner;

/**
 * When to commit: soon after a turn has ended, but no more often than every 50 ms; at the latest
 * 250 ms after the first write while tokens stream, since committed readers see nothing of an open
 * transaction.
 */
final class CommitCadence {

  private static final long PAUSE_MS = 50;
  private static final long LATEST_MS = 250;

  private long lastCommitMs = Long.MIN_VALUE / 2;
  private long dirtySinceMs = -1;
  private boolean turnEnded;

  /** Something was written. */
  void wrote(long nowMs) {
    if (dirtySinceMs < 0) {
      dirtySinceMs = nowMs;
    }
  }

  /** A turn ended or a snapshot is complete. */
  void turnEnded() {
    turnEnded = true;
  }

  void committed(long nowMs) {
    lastCommitMs = nowMs;
    dirtySinceMs = -1;
    turnEnded = false;
  }

  /** When the open transaction is to be committed; {@link Long#MAX_VALUE} if nothing is open. */
  long dueMs() {
    if (dirtySinceMs < 0) {
      return Long.MAX_VALUE;
    }
    return turnEnded
        ? Math.min(lastCommitMs + PAUSE_MS, dirtySinceMs + LATEST_MS)
        : dirtySinceMs + LATEST_MS;
  }
}
