package dev.skein.worker.shard;

import java.util.LinkedHashMap;

/** Cancels that arrived before their requests: kept for a while, the oldest dropped first. */
final class EarlyCancels {

  private final LinkedHashMap<String, Long> sinceMs = new LinkedHashMap<>();
  private final int limit;
  private final long keepMs;

  EarlyCancels(int limit, long keepMs) {
    this.limit = limit;
    this.keepMs = keepMs;
  }

  void add(String requestId, long nowMs) {
    sinceMs.putLast(requestId, nowMs);
    while (sinceMs.size() > limit || sinceMs.firstEntry().getValue() < nowMs - keepMs) {
      sinceMs.pollFirstEntry();
    }
  }

  /** True if this request was cancelled before it came; the cancel is used up. */
  boolean take(String requestId, long nowMs) {
    Long since = sinceMs.remove(requestId);
    return since != null && since >= nowMs - keepMs;
  }
}
