package dev.skein.worker.shard;

/** What a shard has done under its present owner; read by the owner for metrics. */
public final class ShardCounts {
  int waiting;
  long requests;
  long turns;
  long repeats;
  long rerouted;
  long deadLetters;
  long promptTokens;
  long generatedTokens;
  long replayTokens;
  long checkpoints;
  long checkpointBytes;
  long replayChecks;
  long replayMismatches;
  long quarantined;
  long unreadable;
  long expired;

  /** A reading of every count at one time. */
  public record Reading(
      long requests,
      long turns,
      long repeats,
      long rerouted,
      long deadLetters,
      long promptTokens,
      long generatedTokens,
      long replayTokens,
      long checkpoints,
      long checkpointBytes,
      long replayChecks,
      long replayMismatches,
      long quarantined,
      long expired) {

    /** Before anything was done. */
    public static final Reading ZERO = new Reading(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  ShardCounts() {}

  /** The counts as they stand. */
  public Reading read() {
    return new Reading(
        requests,
        turns,
        repeats,
        rerouted,
        deadLetters,
        promptTokens,
        generatedTokens,
        replayTokens,
        checkpoints,
        checkpointBytes,
        replayChecks,
        replayMismatches,
        quarantined,
        expired);
  }
}
