package dev.skein.router;

import dev.skein.proto.Wire;
import java.time.Duration;

/**
 * What a router bounds, and where. At each limit it refuses with a reason; nothing grows beyond
 * them.
 *
 * @param streams answers under way at once; one more is answered 429. An answer whose client left
 *     counts until the turn's end event is seen, or for ten seconds from its first cancel on
 * @param connections open TCP connections of clients; as many may wait for being accepted, if the
 *     system lets them
 * @param recordBytes size of a request record; a larger one is answered 413
 * @param bufferedEvents token events that may wait for one client; a client that falls behind
 *     further is cut off
 * @param maxTokens the largest {@code max_tokens} that a client may ask for
 */
public record RouterLimits(
    int streams,
    int connections,
    int recordBytes,
    int bufferedEvents,
    int maxTokens,
    Patience patience) {

  /**
   * How long it waits for others.
   *
   * @param firstToken how long a request may wait for the first sign of its owner; then it is
   *     answered 503
   * @param silence how long an answer whose owner has shown itself may then stand still; then it
   *     ends with an error
   * @param keepAlive how often a silent stream is sent a comment line, so that proxies keep it open
   * @param requestHead how long a connection may be open, or idle after an answer, without a whole
   *     request head arriving; then it is closed
   * @param requestBody how long the body of a request may take to arrive
   * @param comeBack how long a client that named its request may be away before its turn is
   *     cancelled: its router may have died, and the next one be about to start
   * @param retry the same for a client that named nothing and only counts its retries: it asks the
   *     same router again within a second or two, or has left for good
   */
  public record Patience(
      Duration firstToken,
      Duration silence,
      Duration keepAlive,
      Duration requestHead,
      Duration requestBody,
      Duration comeBack,
      Duration retry) {

    public Patience {
      requirePositive("firstToken", firstToken.toMillis());
      requirePositive("silence", silence.toMillis());
      requirePositive("keepAlive", keepAlive.toMillis());
      requirePositive("requestHead", requestHead.toMillis());
      requirePositive("requestBody", requestBody.toMillis());
      requirePositive("comeBack", comeBack.toMillis());
      requirePositive("retry", retry.toMillis());
    }

    /** The same with other times for the head and the body of a request. */
    public Patience withRequest(Duration head, Duration body) {
      return new Patience(firstToken, silence, keepAlive, head, body, comeBack, retry);
    }

    /** The same with other times for clients to come back. */
    public Patience withComingBack(Duration named, Duration counted) {
      return new Patience(firstToken, silence, keepAlive, requestHead, requestBody, named, counted);
    }
  }

  private static final RouterLimits DEFAULTS =
      new RouterLimits(
          4_096,
          8_192,
          Wire.REQUEST_BYTES_MAX,
          1_024,
          262_144,
          new Patience(
              Duration.ofSeconds(30),
              Duration.ofSeconds(120),
              Duration.ofSeconds(5),
              Duration.ofSeconds(60),
              Duration.ofSeconds(30),
              Duration.ofSeconds(10),
              Duration.ofSeconds(3)));

  public RouterLimits {
    requirePositive("streams", streams);
    requirePositive("connections", connections);
    requirePositive("recordBytes", recordBytes);
    requirePositive("bufferedEvents", bufferedEvents);
    requirePositive("maxTokens", maxTokens);
  }

  public static RouterLimits defaults() {
    return DEFAULTS;
  }

  /** The same limits with another number of answers under way and another buffer for each. */
  public RouterLimits withStreams(int streams, int bufferedEvents) {
    return new RouterLimits(streams, connections, recordBytes, bufferedEvents, maxTokens, patience);
  }

  /** The same limits with other waiting times. */
  public RouterLimits withPatience(Patience other) {
    return new RouterLimits(streams, connections, recordBytes, bufferedEvents, maxTokens, other);
  }

  private static void requirePositive(String name, long value) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + " must be positive, and was " + value);
    }
  }
}
