package dev.skein.cli.serve;

import dev.skein.cli.CommandFailure;
import dev.skein.worker.owner.Lifetimes;
import dev.skein.worker.owner.StateTiers;
import dev.skein.worker.shard.ShardLimits;
import dev.skein.worker.shard.Upgrade;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
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
    return ttl.isEmpty() ? Lifetimes.USUAL : Lifetimes.of(Amounts.time("--session-ttl", ttl));
  }

  @Option(
      names = "--state-memory",
      paramLabel = "SIZE",
      defaultValue = "512m",
      description =
          "Memory for the states of sessions between their turns (default: ${DEFAULT-VALUE}).")
  String memory = "512m";

  @Option(
      names = "--state-cache",
      paramLabel = "DIR",
      description = {
        "Folder, this process's alone, for states that left memory, so that a session wakes"
            + " faster.",
        "Nothing depends on it. Absent: states that left memory are read from Kafka."
      })
  @Nullable Path cache;

  @Option(
      names = "--state-cache-size",
      paramLabel = "SIZE",
      defaultValue = "10g",
      description = "What that folder holds at most (default: ${DEFAULT-VALUE}).")
  String cacheSize = "10g";

  /** Where states of idle sessions are at hand. */
  public StateTiers states() {
    return new StateTiers(
        Amounts.size("--state-memory", memory),
        cache,
        Amounts.size("--state-cache-size", cacheSize));
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
