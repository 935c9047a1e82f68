package dev.skein.worker.shard;

import java.util.LinkedHashMap;

/**
 * Cancels that arrived before their requests: kept for a while, the oldest dropped first. One that
 * names no session is meant for whatever request has its id; one that names a router for what that
 * router asks.
 */
final class EarlyCancels {

  private record Named(String session, String requestId, String router) {}

  private final LinkedHashMap<Named, Long> sinceMs = new LinkedHashMap<>();
  private final int limit;
  private final long keepMs;

  EarlyCancels(int limit, long keepMs) {
    this.limit = limit;
    this.keepMs = keepMs;
  }

  void add(String session, String requestId, String router, long nowMs) {
    sinceMs.putLast(new Named(session, requestId, router), nowMs);
    while (sinceMs.size() > limit || sinceMs.firstEntry().getValue() < nowMs - keepMs) {
      sinceMs.pollFirstEntry();
    }
  }

  /**
   * True if this request was cancelled before it came; the cancel is used up.
   *
   * @param router the last that asked for it
   */
  boolean take(RequestRecord request, String router, long nowMs) {
    return takeOf(request, "", nowMs) || takeOf(request, router, nowMs);
  }

  private boolean takeOf(RequestRecord request, String router, long nowMs) {
    return take(new Named(request.session(), request.requestId(), router), nowMs)
        || take(new Named("", request.requestId(), router), nowMs);
  }

  private boolean take(Named cancel, long nowMs) {
    Long since = sinceMs.remove(cancel);
    return since != null && since >= nowMs - keepMs;
  }
}
