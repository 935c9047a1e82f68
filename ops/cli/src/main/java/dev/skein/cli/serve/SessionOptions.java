package dev.skein.cli.serve;

import dev.skein.cli.CommandFailure;
import dev.skein.worker.shard.ShardLimits;
import dev.skein.worker.shard.Upgrade;
import java.util.Locale;
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
