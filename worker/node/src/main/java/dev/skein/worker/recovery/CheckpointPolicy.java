package dev.skein.worker.recovery;

/**
 * When a shard stores a state.
 *
 * <p>A snapshot is due when the tokens since the last one exceed a budget, when the last one is
 * older than a quarter of the log's retention, before an idle session leaves memory, and at
 * hand-over. The budget bounds what a takeover feeds again; what it costs while nothing fails is
 * bounded by
 *
 * <pre>{@code
 * budget = min(16 · least, max(least, ⌈stateBytes · tokensPerSecond / (share · bytesPerSecond)⌉))
 * }</pre>
 *
 * which is the number of tokens after which a snapshot of every {@code budget} tokens uses {@code
 * share} = 5 % of the write bandwidth that the shard's own snapshots have seen, at the rate at
 * which its sessions read and draw now. A state of 2.4 MB at 100 tokens/s over 50 MB/s stays at the
 * least, 256; one of 35 MB at the same rate is stored every 1,400 tokens; 4,096 is the most,
 * whatever it costs, because a takeover must stay a matter of seconds.
 */
public final class CheckpointPolicy {

  private static final double SHARE = 0.05;
  private static final int MOST = 16;
  private static final long WINDOW_MS = 10_000;

  /** Of replicated Kafka on two cores as measured; the shard's own snapshots correct it. */
  private static final double BYTES_PER_MS_AT_FIRST = 50_000;

  private final int least;
  private final long ageMsMax;
  private double bytesPerMs = BYTES_PER_MS_AT_FIRST;
  private double tokensPerMs;
  private long windowBeganMs = Long.MIN_VALUE;
  private long windowTokens;

  /**
   * @param least tokens that are always run again rather than stored
   * @param ageMsMax a turn whose last snapshot is older is stored whatever it read
   */
  public CheckpointPolicy(int least, long ageMsMax) {
    this.least = least;
    this.ageMsMax = ageMsMax;
  }

  /** The shard's sessions have read or drawn so many tokens. */
  public void ran(int tokens, long nowMs) {
    if (windowBeganMs == Long.MIN_VALUE || nowMs < windowBeganMs) {
      windowBeganMs = nowMs;
    }
    windowTokens += tokens;
    long passed = nowMs - windowBeganMs;
    if (passed >= WINDOW_MS) {
      tokensPerMs = (double) windowTokens / passed;
      windowTokens = 0;
      windowBeganMs = nowMs;
    }
  }

  /** A snapshot was acknowledged: an average in which the newest counts a quarter. */
  public void stored(long bytes, long tookMs) {
    bytesPerMs = 0.75 * bytesPerMs + 0.25 * bytes / Math.max(1, tookMs);
  }

  /** Tokens since the last snapshot that make the next one due. */
  public int budget(long stateBytes) {
    double affordable = Math.ceil(stateBytes * tokensPerMs / (SHARE * bytesPerMs));
    return (int) Math.min((double) least * MOST, Math.max(least, affordable));
  }

  /** Whether what was stored (or logged) last may soon be deleted by retention. */
  public boolean isOld(long sinceMs, long nowMs) {
    return nowMs - sinceMs >= ageMsMax;
  }

  /** When something stored at that time becomes old. */
  public long oldAtMs(long sinceMs) {
    return sinceMs > Long.MAX_VALUE - ageMsMax ? Long.MAX_VALUE : sinceMs + ageMsMax;
  }

  /**
   * Whether an idle session is stored before it leaves memory, so that waking it costs a read and
   * not a read and a long prefill.
   *
   * @param saved ids that would not have to be fed again
   */
  public boolean isDueBeforeEviction(int saved) {
    return saved > Math.max(1, least / 8);
  }
}
