package dev.skein.bench;

import java.util.List;

/**
 * Draws as SVG how long streams stood still when their worker was killed, against the tokens that
 * their sessions had read, on a logarithmic scale; a line goes through the medians.
 */
public final class GapPlot {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 360;
  private static final int LEFT = 70;
  private static final int RIGHT = WIDTH - 30;
  private static final int TOP = 60;
  private static final int BOTTOM = HEIGHT - 70;
  private static final int STEP_MS = 1_000;
  private static final String OURS = "#0b6e4f";

  private final List<Kills> kills;
  private final int firstPower;
  private final int lastPower;
  private final int mostMs;
  private final Svg page = new Svg(WIDTH, HEIGHT);

  /**
   * Kills of workers whose streams had read about as much.
   *
   * @param context tokens that their sessions had read
   * @param gapsMs the longest wait for a token at each client, in milliseconds; at least one
   */
  public record Kills(int context, List<Long> gapsMs) {
    public Kills {
      gapsMs = List.copyOf(gapsMs);
    }

    /** Half of the gaps were not longer, in milliseconds. */
    public long medianMs() {
      return gapsMs.stream().sorted().toList().get((gapsMs.size() - 1) / 2);
    }
  }

  /**
   * A plot of these kills.
   *
   * @param kills the shortest context first
   */
  public GapPlot(List<Kills> kills) {
    this.kills = List.copyOf(kills);
    this.firstPower = (int) Math.floor(Math.log10(kills.getFirst().context()));
    this.lastPower = (int) Math.ceil(Math.log10(kills.getLast().context()));
    long most =
        kills.stream().flatMap(all -> all.gapsMs().stream()).mapToLong(gap -> gap).max().orElse(0);
    this.mostMs = (int) (most / STEP_MS + 1) * STEP_MS;
  }

  /** The whole picture; a plot draws one. */
  public String svg(String circumstances) {
    page.text(20, 30, 17, "#111", "start", "A worker is killed: how long its streams stand still");
    frame();
    page.curve(
        kills.stream()
            .map(all -> new double[] {x(all.context()), y((double) all.medianMs())})
            .toArray(double[][]::new),
        OURS,
        "");
    for (Kills all : kills) {
      all.gapsMs().forEach(gap -> page.dot(x(all.context()), y((double) gap), OURS));
    }
    page.text(20, HEIGHT - 15, 12, OURS, "start", "● measured: " + circumstances);
    return page.end();
  }

  private void frame() {
    for (int ms = 0; ms <= mostMs; ms += STEP_MS) {
      page.line(LEFT, y(ms), RIGHT, y(ms), "#ddd", "");
      page.text(LEFT - 8, y(ms) + 4, 11, "#555", "end", ms / STEP_MS + " s");
    }
    for (int power = firstPower; power <= lastPower; power++) {
      double context = Math.pow(10, power);
      page.line(x(context), TOP, x(context), BOTTOM, "#eee", "");
      page.text(x(context), BOTTOM + 17, 11, "#555", "middle", "%,.0f".formatted(context));
    }
    page.text((LEFT + RIGHT) / 2.0, BOTTOM + 36, 12, "#555", "middle", "tokens read");
  }

  private double x(double context) {
    double whole = Math.max(1, lastPower - firstPower);
    return LEFT + (RIGHT - LEFT) * (Math.log10(context) - firstPower) / whole;
  }

  private double y(double ms) {
    return BOTTOM - (BOTTOM - TOP) * ms / mostMs;
  }
}
