package dev.skein.worker.shard;

/**
 * The bounds of one shard.
 *
 * @param waitingTurnsPerSession more are answered {@code session_busy}
 * @param waitingTurns more pause the partition
 * @param finishedWindow finished offsets above the watermark; more pause the partition
 * @param checkpointTokens ids that are always fed again rather than stored: the least budget of
 *     {@link dev.skein.worker.recovery.CheckpointPolicy}
 * @param checkpointAgeMs a running turn whose last snapshot is older is stored
 * @param stateBytes states of idle sessions kept in memory
 * @param sessions idle sessions remembered in memory
 * @param earlyCancels cancels that wait for their request
 * @param earlyCancelMs how long they wait
 * @param keeping what is kept of sessions, and how long
 */
public record ShardLimits(
    int waitingTurnsPerSession,
    int waitingTurns,
    int finishedWindow,
    int checkpointTokens,
    long checkpointAgeMs,
    long stateBytes,
    int sessions,
    int earlyCancels,
    long earlyCancelMs,
    Keeping keeping) {

  /**
   * What is kept of sessions, and how long.
   *
   * @param transcripts what turns add is written to {@code transcripts}
   * @param pinMs how long a fork into another shard may take
   * @param thinAfterMs a session that was idle so long keeps one snapshot
   * @param onUpgrade what becomes of sessions of a model that is served no more
   */
  public record Keeping(boolean transcripts, long pinMs, long thinAfterMs, Upgrade onUpgrade) {

    /** Transcripts, ten minutes, and no session under another model. */
    public static final Keeping USUAL = new Keeping(true, 600_000, 600_000, Upgrade.ADOPT);
  }

  /** A quarter of the week for which {@code requests} and {@code tokens} are kept. */
  private static final long AGE_MS = 42L * 3_600_000;

  /** The limits of DESIGN section 3 and 5, with this much memory for idle states. */
  public static ShardLimits of(long stateBytes, Keeping keeping) {
    return new ShardLimits(16, 4096, 4096, 256, AGE_MS, stateBytes, 10_000, 4096, 60_000, keeping);
  }
}
