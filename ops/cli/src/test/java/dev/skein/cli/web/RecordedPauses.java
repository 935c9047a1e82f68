package dev.skein.cli.web;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Notes how long it should have waited, and goes on. */
public final class RecordedPauses implements Pauses {
  /** Limits of time for tests: short, but long enough for a busy machine. */
  public static final Patience PATIENCE =
      new Patience(
          Duration.ofSeconds(5),
          Duration.ofSeconds(2),
          Duration.ofMillis(700),
          4,
          Duration.ofSeconds(1),
          Duration.ofSeconds(60));

  private final Queue<Duration> pauses = new ConcurrentLinkedQueue<>();

  @Override
  public void pause(Duration time) {
    pauses.add(time);
  }

  /** What it was asked for. */
  public List<Duration> pauses() {
    return List.copyOf(pauses);
  }
}
