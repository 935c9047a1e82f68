package dev.skein.cli;

/**
 * A command could not do its work: exit code 1, and the message is the one line that the user
 * reads.
 */
public final class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  public CommandFailure(String message) {
    super(message);
  }

  public CommandFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
