package dev.skein.bench;

import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;

/**
 * Draws a long-context bench as SVG: time per token and memory of a session against tokens read, on
 * logarithmic scales. What was measured are points with the span of their runs; what was computed
 * for a full-attention model is dashed and says so.
 */
public final class LongContextPlot {
  private static final int WIDTH = 1000;
  private static final int HEIGHT = 470;
  private static final double FIRST_CONTEXT = 10;
  private static final String OURS = "#0b6e4f";
  private static final String COMPUTED = "#b0532a";

  private final List<LongContextPoint> points;
  private final AttentionCosts costs;
  private final double lastContext;
  private final Svg page = new Svg(WIDTH, HEIGHT);

  /** A plot of these points, beside what attention would cost. */
  public LongContextPlot(List<LongContextPoint> points, AttentionCosts costs) {
    this.points = List.copyOf(points);
    this.costs = costs;
    this.lastContext = Math.max(10_000, points.getLast().context());
  }

  /** One panel's place on the page and the range of its vertical scale, in powers of ten. */
  private final class Panel {
    private final double left;
    private final int low;
    private final int high;

    Panel(double left, double least, double greatest) {
      this.left = left;
      this.low = (int) Math.floor(Math.log10(least));
      this.high = (int) Math.ceil(Math.log10(greatest));
    }

    double x(double context) {
      double whole = Math.log10(lastContext / FIRST_CONTEXT);
      return left + 380 * Math.log10(context / FIRST_CONTEXT) / whole;
    }

    double y(double value) {
      return 380 - 290 * (Math.log10(value) - low) / (high - low);
    }

    void frame(String title, String unit) {
      page.text(left, 60, 15, "#222", "start", title);
      for (int power = low; power <= high; power++) {
        double at = y(Math.pow(10, power));
        page.line(left, at, left + 380, at, "#ddd", "");
        page.text(left - 6, at + 4, 11, "#555", "end", number(Math.pow(10, power)) + unit);
      }
      for (double context = FIRST_CONTEXT; context <= lastContext; context *= 10) {
        page.line(x(context), 90, x(context), 380, "#eee", "");
        page.text(x(context), 397, 11, "#555", "middle", number(context));
      }
      page.text(left + 190, 416, 12, "#555", "middle", "tokens read");
    }

    void curve(DoubleUnaryOperator value, String colour, String style) {
      double[][] path = new double[101][];
      for (int i = 0; i <= 100; i++) {
        double context = FIRST_CONTEXT * Math.pow(lastContext / FIRST_CONTEXT, i / 100.0);
        path[i] = new double[] {x(context), y(value.applyAsDouble(context))};
      }
      page.curve(path, colour, style);
    }

    void crossing(double context, double value, String label) {
      if (context > FIRST_CONTEXT && context < lastContext) {
        double at = x(context);
        page.line(at, 90, at, 380, "#888", "stroke-dasharray=\"2 4\"");
        page.dot(at, y(value), "#444");
        page.text(at + 5, 102, 11, "#444", "start", label);
      }
    }
  }

  /** The whole picture; a plot draws one. */
  public String svg(String subject, String circumstances) {
    page.text(20, 30, 18, "#111", "start", subject + ": cost of a token after a long context");
    time();
    memory();
    page.text(20, 450, 12, OURS, "start", "● measured: " + circumstances);
    page.text(WIDTH - 20, 450, 12, COMPUTED, "end", "- - computed, not measured: full attention");
    return page.end();
  }

  private void time() {
    double ours = points.getFirst().median();
    double most = ours * costs.ratio(lastContext);
    double least = points.stream().mapToDouble(LongContextPoint::min).min().orElse(ours);
    Panel panel = new Panel(75, least, most);
    panel.frame("time per token", " ms");
    panel.curve(n -> ours * costs.ratio(n), COMPUTED, "stroke-dasharray=\"6 4\"");
    double crossover = costs.operationsCrossover();
    panel.crossing(
        crossover, ours, "left of %,.0f tokens attention is less work".formatted(crossover));
    for (LongContextPoint point : points) {
      double x = panel.x(point.context());
      page.line(x, panel.y(point.min()), x, panel.y(point.max()), OURS, "");
      page.dot(x, panel.y(point.median()), OURS);
    }
    for (int i = 1; i < points.size(); i++) {
      LongContextPoint from = points.get(i - 1);
      LongContextPoint to = points.get(i);
      page.line(
          panel.x(from.context()),
          panel.y(from.median()),
          panel.x(to.context()),
          panel.y(to.median()),
          OURS,
          "");
    }
  }

  private void memory() {
    double state = (double) costs.stateBytes();
    double least = Math.min(state, costs.keyValueBytes(FIRST_CONTEXT));
    double resident = points.stream().mapToDouble(p -> (double) p.residentBytes()).max().orElse(0);
    double most = Math.max(resident, costs.keyValueBytes(lastContext));
    Panel panel = new Panel(575, least, most);
    panel.frame("memory of a session", "B");
    panel.curve(costs::keyValueBytes, COMPUTED, "stroke-dasharray=\"6 4\"");
    panel.curve(n -> state, OURS, "");
    double crossover = costs.bytesCrossover();
    panel.crossing(
        crossover, state, "left of %,.0f tokens the state is larger".formatted(crossover));
    page.text(panel.left + 376, panel.y(state) - 6, 11, OURS, "end", "state of a session");
    for (LongContextPoint point : points) {
      if (point.residentBytes() > 0) {
        page.dot(panel.x(point.context()), panel.y((double) point.residentBytes()), OURS);
      }
    }
    if (points.getFirst().residentBytes() > 0) {
      double x = panel.x(points.getFirst().context());
      page.text(
          x - 8,
          panel.y((double) points.getFirst().residentBytes()) + 4,
          11,
          OURS,
          "end",
          "whole process");
    }
  }

  /** 0.1, 10, 10k, 1M, 1G. */
  private static String number(double value) {
    String[] units = {"", "k", "M", "G", "T"};
    int unit = 0;
    while (value >= 1000 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    String digits = value < 1 ? String.format(Locale.ROOT, "%.3g", value) : "%.0f".formatted(value);
    return digits.replaceFirst("(\\.\\d*?)0+$", "$1") + units[unit];
  }
}
