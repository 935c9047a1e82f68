package dev.skein.bench;

import java.util.Locale;

/** A drawing that grows: lines, dots, curves and texts, in pixels from the upper left corner. */
final class Svg {
  private final StringBuilder out = new StringBuilder();

  /** An empty page, white. */
  Svg(int width, int height) {
    out.append(
        ("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\""
                + " font-family=\"sans-serif\">%n")
            .formatted(width, height));
    out.append("<rect width=\"%d\" height=\"%d\" fill=\"white\"/>%n".formatted(width, height));
  }

  void line(double x1, double y1, double x2, double y2, String colour, String style) {
    out.append(
        "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" stroke=\"%s\" %s/>%n"
            .formatted(fixed(x1), fixed(y1), fixed(x2), fixed(y2), colour, style));
  }

  void dot(double x, double y, String colour) {
    out.append(
        "<circle cx=\"%s\" cy=\"%s\" r=\"4\" fill=\"%s\"/>%n"
            .formatted(fixed(x), fixed(y), colour));
  }

  /**
   * A line through points.
   *
   * @param points x and y of each
   */
  void curve(double[][] points, String colour, String style) {
    StringBuilder path = new StringBuilder();
    for (double[] p : points) {
      path.append(path.isEmpty() ? "M" : "L").append(fixed(p[0])).append(' ').append(fixed(p[1]));
    }
    out.append(
        "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\" %s/>%n"
            .formatted(path, colour, style));
  }

  /**
   * A text.
   *
   * @param anchor "start", "middle" or "end": which end of it is at x
   */
  void text(double x, double y, int size, String colour, String anchor, String text) {
    String escaped = text.replace("&", "&amp;").replace("<", "&lt;");
    out.append(
        "<text x=\"%s\" y=\"%s\" font-size=\"%d\" fill=\"%s\" text-anchor=\"%s\">%s</text>%n"
            .formatted(fixed(x), fixed(y), size, colour, anchor, escaped));
  }

  /** The whole drawing. */
  String end() {
    return out + "</svg>\n";
  }

  private static String fixed(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
