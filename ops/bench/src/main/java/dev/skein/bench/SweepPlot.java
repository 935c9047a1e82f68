package dev.skein.bench;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/**
 * Draws a sweep as SVG: tokens a second of all sessions together against how many they are, both on
 * logarithmic scales, with what the memory allows and, where it was measured, a peer.
 */
public final class SweepPlot {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 500;
  private static final double LEFT = 80;
  private static final double RIGHT = 720;
  private static final double TOP = 60;
  private static final double BOTTOM = 410;
  private static final String OURS = "#0b6e4f";
  private static final String THEIRS = "#b0532a";
  private static final String CEILING = "#777";

  private final List<Point> points;
  private final double low;
  private final double high;

  /**
   * One number of sessions; all else is tokens a second of them together.
   *
   * @param ceiling what the memory allows, null where it was not measured
   * @param peer the peer's median, null where there is none
   */
  public record Point(
      int sessions,
      double median,
      double min,
      double max,
      @Nullable Double ceiling,
      @Nullable Double peer) {}

  /** A plot of these points, fewest sessions first. */
  public SweepPlot(List<Point> points) {
    this.points = List.copyOf(points);
    low = Math.pow(10, Math.floor(Math.log10(values().min().orElse(1))));
    high = Math.pow(10, Math.ceil(Math.log10(values().max().orElse(10))));
  }

  private DoubleStream values() {
    return points.stream()
        .flatMapToDouble(p ->
            DoubleStream.of(
                p.min(), p.max(), orElse(p.ceiling(), p.max()), orElse(p.peer(), p.min())));
  }

  private static double orElse(@Nullable Double value, double otherwise) {
    return value == null ? otherwise : value;
  }

  /** The whole picture. */
  public String svg(String subject, String circumstances) {
    Svg page = new Svg(WIDTH, HEIGHT);
    page.text(20, 32, 18, "#111", "start", subject + ": tokens per second, sessions together");
    axes(page);
    curve(page, p -> orElse(p.ceiling(), 0), CEILING, "stroke-dasharray=\"6 4\"");
    curve(page, p -> orElse(p.peer(), 0), THEIRS, "");
    curve(page, Point::median, OURS, "");
    for (Point p : points) {
      double at = x(p.sessions());
      page.line(at, y(p.min()), at, y(p.max()), OURS, "");
      page.dot(at, y(p.median()), OURS);
      page.text(at, y(p.median()) + 18, 11, OURS, "middle", whole(p.median()));
      if (p.peer() != null) {
        page.dot(at, y(p.peer()), THEIRS);
        page.text(at, y(p.peer()) + 18, 11, THEIRS, "middle", whole(p.peer()));
      }
    }
    page.text(20, 462, 12, OURS, "start", "● measured: " + circumstances);
    if (points.stream().anyMatch(p -> p.peer() != null)) {
      page.text(20, 482, 12, THEIRS, "start", "● llama.cpp on the same weights, same run");
    }
    if (points.stream().anyMatch(p -> p.ceiling() != null)) {
      page.text(
          RIGHT, 482, 12, CEILING, "end", "- - weights + 2 x sessions x state, at read speed");
    }
    return page.end();
  }

  private void axes(Svg page) {
    for (double power = low; power <= high; power *= 10) {
      page.line(LEFT, y(power), RIGHT, y(power), "#ddd", "");
      page.text(LEFT - 8, y(power) + 4, 11, "#555", "end", whole(power));
    }
    for (Point p : points) {
      page.line(x(p.sessions()), TOP, x(p.sessions()), BOTTOM, "#eee", "");
      page.text(x(p.sessions()), BOTTOM + 17, 11, "#555", "middle", String.valueOf(p.sessions()));
    }
    page.text((LEFT + RIGHT) / 2, BOTTOM + 34, 12, "#555", "middle", "sessions");
  }

  private void curve(Svg page, ToDoubleFunction<Point> value, String colour, String style) {
    double[][] path =
        points.stream()
            .filter(p -> value.applyAsDouble(p) > 0)
            .map(p -> new double[] {x(p.sessions()), y(value.applyAsDouble(p))})
            .toArray(double[][]::new);
    if (path.length > 1) {
      page.curve(path, colour, style);
    }
  }

  private double x(double sessions) {
    double first = points.getFirst().sessions();
    double whole = Math.log(Math.max(2, points.getLast().sessions() / first));
    return LEFT + 20 + (RIGHT - LEFT - 40) * Math.log(sessions / first) / whole;
  }

  private double y(double value) {
    return BOTTOM - (BOTTOM - TOP) * Math.log(value / low) / Math.log(high / low);
  }

  private static String whole(double value) {
    return String.format(Locale.ROOT, "%,.0f", value);
  }
}
