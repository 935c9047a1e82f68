package dev.skein.bench;

import java.util.List;

/**
 * What one context length cost.
 *
 * @param context tokens that the session had read
 * @param prefillPerSecond tokens a second on the way from the context before
 * @param millisPerToken time of a drawn token there, one figure a run
 * @param residentBytes memory of the whole process when the context was reached; 0 where the system
 *     does not tell
 * @param tokensSha256 over what was drawn, see {@link Recording#digest}
 */
public record LongContextPoint(
    int context,
    double prefillPerSecond,
    List<Double> millisPerToken,
    long residentBytes,
    String tokensSha256) {
  /** The runs are copied. */
  public LongContextPoint {
    millisPerToken = List.copyOf(millisPerToken);
  }

  /** The middle of the runs. */
  public double median() {
    return BenchReport.median(millisPerToken);
  }

  /** The fastest run. */
  public double min() {
    return millisPerToken.stream().mapToDouble(d -> d).min().orElse(0);
  }

  /** The slowest run. */
  public double max() {
    return millisPerToken.stream().mapToDouble(d -> d).max().orElse(0);
  }
}
