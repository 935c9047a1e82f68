package dev.skein.cli.hub;

import dev.skein.cli.web.Sizes;
import java.io.PrintWriter;

/** Shows a download to a person: how much, how fast, how long still. */
public final class DownloadBar implements DownloadProgress, AutoCloseable {
  private static final int WIDTH = 24;
  private static final long EVERY_NANOS = 200_000_000;

  private final PrintWriter err;
  private final String label;
  private final boolean shown;
  private final long began = System.nanoTime();
  private long first = -1;
  private long last;
  private int width;

  /**
   * @param shown whether a person looks on; else nothing is printed
   */
  public DownloadBar(PrintWriter err, String label, boolean shown) {
    this.err = err;
    this.label = label;
    this.shown = shown;
  }

  @Override
  public void arrived(long done, long total) {
    if (!shown) {
      return;
    }
    first = first < 0 ? done : first;
    long now = System.nanoTime();
    if (now - last < EVERY_NANOS && done != total) {
      return;
    }
    last = now;
    String line = line(label, done, total, (done - first) / Math.max((now - began) / 1e9, 0.1));
    err.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
    err.flush();
    width = line.length();
  }

  /**
   * The line of a moment.
   *
   * @param rate bytes a second
   */
  static String line(String label, long done, long total, double rate) {
    StringBuilder line = new StringBuilder("fetching ").append(label);
    if (total > 0) {
      int filled = (int) (done * WIDTH / total);
      line.append(" [").append("#".repeat(filled)).append(" ".repeat(WIDTH - filled)).append(']');
      line.append(String.format(" %3d %%", 100 * done / total));
    }
    line.append("  ").append(Sizes.of(done));
    if (total > 0) {
      line.append(" of ").append(Sizes.of(total));
    }
    line.append("  ").append(Sizes.of((long) rate)).append("/s");
    if (total > done && rate >= 1) {
      line.append("  ")
          .append(Sizes.clock((long) Math.ceil((total - done) / rate)))
          .append(" left");
    }
    return line.toString();
  }

  /** Wipes the line. */
  @Override
  public void close() {
    if (width > 0) {
      err.print("\r" + " ".repeat(width) + "\r");
      err.flush();
    }
  }
}
