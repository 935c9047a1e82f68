package dev.skein.cli;

/**
 * Which of the standard streams a person sits at, as the launcher saw it; none when it was not the
 * launcher.
 */
public final class Terminals {
  private Terminals() {}

  /** Whether lines typed by a person come in. */
  public static boolean in() {
    return Boolean.getBoolean("skein.terminal.in");
  }

  /** Whether a person watches standard error: progress bars are for them alone. */
  public static boolean err() {
    return Boolean.getBoolean("skein.terminal.err");
  }
}
