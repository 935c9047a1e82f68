package dev.skein.router.delivery;

/** Codes of failures that the router itself finds; a worker's end event may bring further ones. */
public final class FailureCodes {
  /** Kafka or the session's owner did not answer in time. */
  public static final String UNAVAILABLE = "unavailable";

  /** The owner fell silent, or events are missing, in the middle of an answer. */
  public static final String INTERRUPTED = "stream_interrupted";

  /** The router has as many answers under way as it may. */
  public static final String TOO_MANY = "too_many_requests";

  /** A request of this id is being answered by this router just now. */
  public static final String IN_PROGRESS = "request_in_progress";

  /** A request of this id was run before. */
  public static final String REPEATED = "request_repeated";

  /** The request is larger than a record may be. */
  public static final String TOO_LARGE = "request_too_large";

  /** The session has as many waiting turns as it may. */
  public static final String SESSION_BUSY = "session_busy";

  /** The turn crashed its workers and is not tried again. */
  public static final String QUARANTINED = "quarantined";

  /** The tenant's quota of requests a minute. */
  public static final String QUOTA_REQUESTS = "requests_per_minute";

  /** The tenant's quota of tokens a minute. */
  public static final String QUOTA_TOKENS = "tokens_per_minute";

  /** The tenant's quota of answers under way at once. */
  public static final String QUOTA_STREAMS = "streams";

  /** The tenant's quota of stored sessions. */
  public static final String QUOTA_SESSIONS = "sessions";

  /** The tenant's quota of bytes of stored states. */
  public static final String QUOTA_STATE_BYTES = "state_bytes";

  private FailureCodes() {}
}
