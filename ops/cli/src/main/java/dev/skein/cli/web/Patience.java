package dev.skein.cli.web;

import java.time.Duration;

/**
 * How long servers are waited for. Attempts are counted between two pieces of progress (a mebibyte
 * that arrived), so that a bad line does not end a long download and a dead one does.
 *
 * @param connect for a connection
 * @param answer for the beginning of an answer
 * @param stall for the next bytes of a body; a body also stalls when that long brings less than
 *     {@link #TRICKLE} bytes
 * @param attempts at most, the first included
 * @param backOff before the second attempt; doubled before each further one, up to 16 times
 * @param retryAfterMax the longest wait that a server may ask for
 */
public record Patience(
    Duration connect,
    Duration answer,
    Duration stall,
    int attempts,
    Duration backOff,
    Duration retryAfterMax) {
  /** Bytes that a stall's time must bring. */
  public static final long TRICKLE = 1024;

  /** For real hubs. */
  public static final Patience USUAL =
      new Patience(
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          Duration.ofSeconds(30),
          6,
          Duration.ofSeconds(1),
          Duration.ofSeconds(90));

  public Patience {
    if (attempts < 1) {
      throw new IllegalArgumentException("there must be one attempt at least");
    }
  }
}
