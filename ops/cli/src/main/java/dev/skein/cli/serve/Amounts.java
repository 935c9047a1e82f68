package dev.skein.cli.serve;

import dev.skein.cli.CommandFailure;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times and sizes as an operator writes them. */
final class Amounts {
  private static final Pattern TIME = Pattern.compile("([1-9][0-9]{0,8})([dhms])");
  private static final Pattern SIZE = Pattern.compile("([1-9][0-9]{0,8})([kmgt])");

  private Amounts() {}

  static Duration time(String option, String text) {
    Matcher time = TIME.matcher(text);
    if (!time.matches()) {
      throw new CommandFailure(option + " is a time like 90d, 12h, 30m or 45s, not " + text + ".");
    }
    long count = Long.parseLong(time.group(1));
    return switch (time.group(2)) {
      case "d" -> Duration.ofDays(count);
      case "h" -> Duration.ofHours(count);
      case "m" -> Duration.ofMinutes(count);
      default -> Duration.ofSeconds(count);
    };
  }

  /** In bytes. */
  static long size(String option, String text) {
    Matcher size = SIZE.matcher(text);
    if (!size.matches()) {
      throw new CommandFailure(option + " is a size like 512m or 20g, not " + text + ".");
    }
    return Long.parseLong(size.group(1)) << (10 * ("kmgt".indexOf(size.group(2)) + 1));
  }
}
