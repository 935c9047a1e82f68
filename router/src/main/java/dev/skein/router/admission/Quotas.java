package dev.skein.router.admission;

/**
 * What a tenant may use of one router; {@link #UNLIMITED} where nothing is limited.
 *
 * @param requestsPerMinute calls of the API
 * @param tokensPerMinute tokens read and generated; a turn is admitted while any are left
 * @param streams answers under way at once
 * @param sessions stored sessions
 * @param stateBytes bytes of their newest snapshots together
 */
public record Quotas(
    long requestsPerMinute, long tokensPerMinute, long streams, long sessions, long stateBytes) {
  /** No limit. */
  public static final long UNLIMITED = Long.MAX_VALUE;

  /** Limits nothing. */
  public static final Quotas NONE =
      new Quotas(UNLIMITED, UNLIMITED, UNLIMITED, UNLIMITED, UNLIMITED);

  /** Whether they limit what is stored, so that stored sessions have to be counted. */
  public boolean limitStorage() {
    return sessions != UNLIMITED || stateBytes != UNLIMITED;
  }
}
