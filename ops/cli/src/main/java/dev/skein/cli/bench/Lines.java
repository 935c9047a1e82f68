package dev.skein.cli.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.bench.machine.Circumstances;
import dev.skein.cli.engine.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;

/** Prints figures, for programs or for people. */
final class Lines {
  private final PrintWriter out;
  private final boolean json;
  private final Circumstances circumstances =
      Circumstances.of(Path.of(System.getProperty("skein.home", ".")));

  Lines(PrintWriter out, boolean json) {
    this.out = out;
    this.json = json;
  }

  /** On what everything is measured; people read it once. */
  void begin() {
    if (!json) {
      out.printf("commit %s, %s%n", circumstances.commit(), circumstances.machine());
      out.flush();
    }
  }

  /** One figure of decode, prefill or a sweep. */
  void speed(ObjectNode line) throws IOException {
    if (json) {
      print(line);
      return;
    }
    String who = line.path("peer").asText(line.path("backend").asText());
    out.printf(
        Locale.ROOT,
        "%-7s %s %s, %d session%s, %d threads, %s: %,.1f tokens/s (%,.1f-%,.1f), %.1f GB/s%s%s%s%n",
        line.path("bench").asText(),
        line.path("shape").asText(),
        line.path("quant").asText(),
        line.path("sessions").asInt(),
        line.path("sessions").asInt() == 1 ? "" : "s",
        line.path("threads").asInt(),
        who,
        line.path("tok_s_median").asDouble(),
        line.path("tok_s_min").asDouble(),
        line.path("tok_s_max").asDouble(),
        line.path("gb_s").asDouble(),
        roofline(line.path("roofline")),
        neighbour(line.path("busy_neighbour")),
        ending(line));
    out.flush();
  }

  private static String roofline(JsonNode roofline) {
    return roofline.isMissingNode()
        ? ""
        : String.format(
            Locale.ROOT,
            ", %.1f %% of what %.1f GB/s of memory allow (matrix peak %,.0f GOP/s)",
            roofline.path("reached_percent").asDouble(),
            roofline.path("read_gb_s").asDouble(),
            roofline.path("matrix_gop_s").asDouble());
  }

  private static String neighbour(JsonNode beside) {
    return beside.isMissingNode()
        ? ""
        : String.format(
            Locale.ROOT,
            ", beside a busy process %,.1f (%.1f %%)",
            beside.path("tok_s_median").asDouble(),
            beside.path("percent_of_undisturbed").asDouble());
  }

  private static String ending(JsonNode line) {
    return line.has("skein_ratio")
        ? String.format(
            Locale.ROOT, "; skein is %.2f times it", line.path("skein_ratio").asDouble())
        : ", sha256 %.12s, %d run alone: equal"
            .formatted(line.path("tokens_sha256").asText(), line.path("verified_sessions").asInt());
  }

  /** A figure that is a line of JSON for programs and names with values for people. */
  void plain(ObjectNode line) throws IOException {
    if (json) {
      print(line);
      return;
    }
    line.properties().forEach(e -> out.printf("%-28s %s%n", e.getKey(), text(e.getValue())));
    out.println();
    out.flush();
  }

  private static String text(JsonNode value) {
    return value.isValueNode() ? value.asText() : value.toString();
  }

  private void print(ObjectNode line) throws IOException {
    circumstances.addTo(line);
    Json.print(out, line);
  }
}
