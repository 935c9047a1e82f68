package dev.skein.cli.web;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A file could not be fetched. The message is the sentence that the user reads. */
public final class HubException extends IOException {
  private static final long serialVersionUID = 1;

  /** What the trouble means for another attempt. */
  public enum Kind {
    /** Another attempt would end the same way. */
    FINAL,
    /** May pass: the server is busy or the line broke. */
    PASSING,
    /** The server could not be reached at all. */
    UNREACHABLE
  }

  private final Kind kind;
  private final transient @Nullable Duration retryAfter;

  HubException(Kind kind, String message, @Nullable Duration retryAfter) {
    super(message);
    this.kind = kind;
    this.retryAfter = retryAfter;
  }

  /** A fault that another attempt does not mend. */
  public static HubException last(String message) {
    return new HubException(Kind.FINAL, message, null);
  }

  /** A fault that may pass. */
  public static HubException passing(String message) {
    return new HubException(Kind.PASSING, message, null);
  }

  /** What the trouble means for another attempt. */
  public Kind kind() {
    return kind;
  }

  /** How long the server asks to wait, or null if it does not say. */
  @Nullable Duration retryAfter() {
    return retryAfter;
  }
}
