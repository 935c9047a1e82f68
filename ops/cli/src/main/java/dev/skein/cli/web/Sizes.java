package dev.skein.cli.web;

import java.time.Duration;
import java.util.Locale;

/** Sizes and times as people read them. */
public final class Sizes {
  private Sizes() {}

  /** Bytes in decimal units, three figures: "902 MB", "3.06 GB". */
  public static String of(long bytes) {
    String[] units = {"B", "kB", "MB", "GB", "TB"};
    double value = bytes;
    int unit = 0;
    while (value >= 999.5 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    String format =
        unit == 0 || value >= 99.95 ? "%.0f %s" : value >= 9.995 ? "%.1f %s" : "%.2f %s";
    return String.format(Locale.ROOT, format, value, units[unit]);
  }

  /** A time: "30 s", "0.2 s". */
  public static String seconds(Duration time) {
    double seconds = time.toMillis() / 1000.0;
    return String.format(Locale.ROOT, seconds < 1 ? "%.1f s" : "%.0f s", seconds);
  }

  /** A remaining time: "0:41", "12:05", "3:10:00". */
  public static String clock(long seconds) {
    return seconds < 3600
        ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
        : String.format(
            Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
}
