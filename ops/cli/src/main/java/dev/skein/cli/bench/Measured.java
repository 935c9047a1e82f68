package dev.skein.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.bench.BenchReport;
import dev.skein.bench.OtherTokensException;
import dev.skein.cli.CommandFailure;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A figure that was measured, verified and printed.
 *
 * @param report ours
 * @param line as printed
 * @param peer the peer's line, null without one
 */
record Measured(BenchReport report, ObjectNode line, @Nullable ObjectNode peer) {

  /** The peer's tokens a second; null without one. */
  @Nullable Double peerTokensPerSecond() {
    return peer == null ? null : peer.path("tok_s_median").asDouble();
  }

  /** Does all three. A session that draws other tokens when it runs alone is a failure. */
  static Measured print(Figure figure, BenchOptions options, int sessions, Lines lines)
      throws IOException {
    return print(figure, options, options.warmUpSeconds, sessions, lines);
  }

  static Measured print(
      Figure figure, BenchOptions options, int warmUpSeconds, int sessions, Lines lines)
      throws IOException {
    try {
      figure.measure(options.runs, warmUpSeconds);
      BenchReport report = figure.verified(options.verified(sessions));
      ObjectNode ours = figure.ours(report, options.roofline);
      lines.speed(ours);
      ObjectNode theirs = figure.theirs(report);
      if (theirs != null) {
        lines.speed(theirs);
      }
      return new Measured(report, ours, theirs);
    } catch (OtherTokensException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
  }
}
