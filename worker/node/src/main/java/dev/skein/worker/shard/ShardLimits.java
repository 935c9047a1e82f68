package dev.skein.worker.shard;

/**
 * The bounds of one shard.
 *
 * @param waitingTurnsPerSession more are answered {@code session_busy}
 * @param waitingTurns more pause the partition
 * @param finishedWindow finished offsets above the watermark; more pause the partition
 * @param checkpointTokens a turn that leaves more ids than this to be fed again ends with a
 *     snapshot
 * @param stateBytes states of idle sessions kept in memory
 * @param sessions idle sessions remembered in memory
 * @param earlyCancels cancels that wait for their request
 * @param earlyCancelMs how long they wait
 */
public record ShardLimits(
    int waitingTurnsPerSession,
    int waitingTurns,
    int finishedWindow,
    int checkpointTokens,
    long stateBytes,
    int sessions,
    int earlyCancels,
    long earlyCancelMs) {

  /** The limits of DESIGN section 3 and 5, with this much memory for idle states. */
  public static ShardLimits withStateBytes(long stateBytes) {
    return new ShardLimits(16, 4096, 4096, 256, stateBytes, 10_000, 4096, 60_000);
  }
}
