package dev.skein.worker.owner;

/**
 * When tokens that wait for company are written. To write to Kafka costs the same for one event as
 * for ten: the slower it is, the longer they wait, so that writing takes a twentieth of the time at
 * most. They never wait longer than a reader of the text would notice.
 */
final class WritePace {

  private static final long SHARE = 20;
  private static final long LATEST_MS = 100;

  private long writtenMs = Long.MIN_VALUE / 2;
  private volatile long tookMs;

  /** Something was written. */
  void wrote(long nowMs) {
    writtenMs = nowMs;
  }

  /** What was written then has been acknowledged. Any thread. */
  void acknowledged(long thenMs, long nowMs) {
    tookMs = nowMs - thenMs;
  }

  /** When to write again at the earliest, unless there is haste. */
  long dueMs() {
    return writtenMs + Math.min(LATEST_MS, SHARE * tookMs);
  }
}
