package dev.skein.cli.serve;

import dev.skein.cli.CommandFailure;
import dev.skein.worker.owner.Lifetimes;
import dev.skein.worker.shard.ShardLimits;
import dev.skein.worker.shard.Upgrade;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** What a worker keeps of sessions. Shared by {@code worker}, {@code up} and {@code chat}. */
public final class SessionOptions {
  @Option(
      names = "--transcripts",
      paramLabel = "on|off",
      defaultValue = "on",
      description =
          "Write down what every turn adds, so that a session can go back to any of its turns"
              + " (default: ${DEFAULT-VALUE}).")
  String transcripts = "on";

  @Option(
      names = "--on-upgrade",
      paramLabel = "adopt|replay|fresh",
      defaultValue = "adopt",
      description =
          "Sessions of a model that is served no more: refuse them, read them again from their"
              + " transcripts, or let them begin anew (default: ${DEFAULT-VALUE}).")
  String onUpgrade = "adopt";

  @Option(
      names = "--session-ttl",
      paramLabel = "TIME",
      description =
          "Delete sessions that nobody has used for so long: 90d, 12h, 30m or 45s (absent: never).")
  String ttl = "";

  /** How long what is idle is kept. */
  public Lifetimes lifetimes() {
    Matcher time = Pattern.compile("([1-9][0-9]{0,8})([dhms])").matcher(ttl);
    if (ttl.isEmpty()) {
      return Lifetimes.USUAL;
    }
    if (!time.matches()) {
      throw new CommandFailure(
          "--session-ttl is a time like 90d, 12h, 30m or 45s, not " + ttl + ".");
    }
    long count = Long.parseLong(time.group(1));
    return Lifetimes.of(
        switch (time.group(2)) {
          case "d" -> Duration.ofDays(count);
          case "h" -> Duration.ofHours(count);
          case "m" -> Duration.ofMinutes(count);
          default -> Duration.ofSeconds(count);
        });
  }

  /** All of it, checked. */
  public ShardLimits.Keeping keeping() {
    ShardLimits.Keeping usual = ShardLimits.Keeping.USUAL;
    return new ShardLimits.Keeping(isOn(), usual.pinMs(), usual.thinAfterMs(), upgrade());
  }

  private boolean isOn() {
    return switch (transcripts) {
      case "on" -> true;
      case "off" -> false;
      default -> throw new CommandFailure("--transcripts is on or off, not " + transcripts + ".");
    };
  }

  private Upgrade upgrade() {
    try {
      return Upgrade.valueOf(onUpgrade.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new CommandFailure("--on-upgrade is adopt, replay or fresh, not " + onUpgrade + ".", e);
    }
  }
}
