package dev.skein.client;

import java.io.IOException;

/** The router refused, or an answer broke off and could not be resumed. */
public final class SkeinException extends IOException {
  private final int status;
  private final String code;
  private final String field;

  SkeinException(int status, String code, String field, String message) {
    super(message);
    this.status = status;
    this.code = code;
    this.field = field;
  }

  /** The HTTP status; 200 if a stream failed after it had begun. */
  public int status() {
    return status;
  }

  /** The API's word for what is wrong, like {@code session_not_found}; empty if it gave none. */
  public String code() {
    return code;
  }

  /** The field of the request that is at fault; empty if none is. */
  public String field() {
    return field;
  }
}
