package dev.skein.router;

/**
 * The router cannot start. The message is one sentence for the operator: what is wrong and how to
 * mend it.
 */
public final class RouterException extends Exception {
  public RouterException(String message) {
    super(message);
  }

  public RouterException(String message, Throwable cause) {
    super(message, cause);
  }
}
