package dev.skein.cli.engine;

import dev.skein.cli.Terminals;
import dev.skein.model.LoadProgress;
import java.io.PrintWriter;

/**
 * A progress bar on standard error while a model loads; silent unless a person sits at a terminal.
 */
public final class LoadBar implements LoadProgress, AutoCloseable {
  private static final int WIDTH = 30;

  private final PrintWriter err;
  private final String verb;
  private final String label;
  private final boolean shown;
  private int lastPercent = -1;

  LoadBar(PrintWriter err, String label) {
    this(err, "loading", label);
  }

  /** A bar that begins with what is done to what. */
  public LoadBar(PrintWriter err, String verb, String label) {
    this.err = err;
    this.verb = verb;
    this.label = label;
    this.shown = Terminals.err();
  }

  @Override
  public void loaded(long done, long total) {
    int percent = total <= 0 ? 100 : (int) (100 * done / total);
    if (!shown || percent == lastPercent) {
      return;
    }
    lastPercent = percent;
    int filled = percent * WIDTH / 100;
    err.printf(
        "\r%s %s [%s%s] %3d %%",
        verb, label, "#".repeat(filled), " ".repeat(WIDTH - filled), percent);
    err.flush();
  }

  /** Wipes the bar. */
  @Override
  public void close() {
    if (shown && lastPercent >= 0) {
      err.print("\r" + " ".repeat(verb.length() + label.length() + WIDTH + 12) + "\r");
      err.flush();
    }
  }
}
