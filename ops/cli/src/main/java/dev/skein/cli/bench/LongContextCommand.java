package dev.skein.cli.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.bench.AttentionCosts;
import dev.skein.bench.LongContextBench;
import dev.skein.bench.LongContextPlot;
import dev.skein.bench.LongContextPoint;
import dev.skein.cli.engine.Json;
import dev.skein.cli.engine.LoadBar;
import dev.skein.cli.engine.LoadOptions;
import dev.skein.cli.engine.LoadedModel;
import dev.skein.model.Quantization;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code skein bench longcontext}: whether a token costs more the more was read. */
@Command(
    name = "longcontext",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Time per token and resident memory after contexts of growing length.",
      "Beside each figure stand those of a full-attention model of the same size, computed."
    })
final class LongContextCommand implements Callable<Integer> {
  private static final Pattern COUNT = Pattern.compile("(\\d{1,9})([kKmM]?)");

  @Spec CommandSpec spec;
  @Mixin LoadOptions model;

  @Option(
      names = "--tokens",
      split = ",",
      paramLabel = "N",
      defaultValue = "1k,10k,100k,1m",
      description =
          "Context lengths, k and m for thousands and millions (default: ${DEFAULT-VALUE}).")
  List<String> tokens = List.of();

  @Option(
      names = "--drawn",
      paramLabel = "N",
      defaultValue = "128",
      description = "Tokens drawn after each context in each run (default: ${DEFAULT-VALUE}).")
  int drawn;

  @Option(
      names = "--runs",
      paramLabel = "R",
      defaultValue = "9",
      description = "Rounds over all contexts (default: ${DEFAULT-VALUE}).")
  int runs;

  @Option(
      names = "--warm-up",
      paramLabel = "SECONDS",
      defaultValue = "5",
      description = "Run at least so long before measuring (default: ${DEFAULT-VALUE}).")
  int warmUpSeconds;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Seed of the text and the draws (default: ${DEFAULT-VALUE}).")
  long seed;

  @Option(names = "--svg", paramLabel = "FILE", description = "Also draw the plot into this file.")
  @Nullable Path svg;

  @Option(names = "--json", description = "Print each figure as one JSON line.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    LongContextBench.Plan plan = plan();
    PrintWriter err = spec.commandLine().getErr();
    try (LoadedModel loaded = model.open(spec.commandLine(), Quantization.INT8)) {
      List<LongContextPoint> points;
      try (LoadBar bar = new LoadBar(err, "reading", loaded.name())) {
        points = new LongContextBench(loaded.rwkv(), loaded.tokenizer(), plan).run(bar);
      }
      AttentionCosts costs = new AttentionCosts(loaded.rwkv().config());
      print(loaded, points, costs);
      if (svg != null) {
        String how =
            "%s, %s kernels, %d threads"
                .formatted(
                    loaded.rwkv().quantization().title(), loaded.rwkv().backend(), model.threads());
        Files.writeString(svg, new LongContextPlot(points, costs).svg(loaded.name(), how));
      }
    }
    return 0;
  }

  private LongContextBench.Plan plan() {
    try {
      SortedSet<Integer> contexts = new TreeSet<>();
      for (String text : tokens) {
        contexts.add(count(text));
      }
      return new LongContextBench.Plan(contexts, drawn, runs, warmUpSeconds, seed);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private static int count(String text) {
    Matcher matcher = COUNT.matcher(text.strip());
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is no number of tokens such as 500 or 10k");
    }
    int unit =
        switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
          case "k" -> 1_000;
          case "m" -> 1_000_000;
          default -> 1;
        };
    return Math.multiplyExact(Integer.parseInt(matcher.group(1)), unit);
  }

  private void print(LoadedModel loaded, List<LongContextPoint> points, AttentionCosts costs)
      throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (!json) {
      out.printf(
          "%10s  %22s  %10s  %8s  %10s  %s%n",
          "context",
          "ms a token (min..max)",
          "prefill/s",
          "RSS MB",
          "state KB",
          "computed for full attention: work a token, KV KB");
    }
    for (LongContextPoint point : points) {
      if (json) {
        Json.print(out, line(loaded, point, costs));
        continue;
      }
      out.printf(
          Locale.ROOT,
          "%,10d  %8.3f (%.3f..%.3f)  %,10.0f  %8d  %10d  × %.1f, %,.0f%n",
          point.context(),
          point.median(),
          point.min(),
          point.max(),
          point.prefillPerSecond(),
          point.residentBytes() >> 20,
          costs.stateBytes() >> 10,
          costs.ratio(point.context()),
          costs.keyValueBytes(point.context()) / 1024);
    }
    out.flush();
  }

  private ObjectNode line(LoadedModel loaded, LongContextPoint point, AttentionCosts costs) {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("bench", "longcontext");
    line.put("shape", loaded.name());
    line.put("quant", loaded.rwkv().quantization().title());
    line.put("sessions", 1);
    line.put("threads", model.threads());
    line.put("backend", loaded.rwkv().backend());
    line.put("context", point.context());
    line.put("tokens", drawn);
    line.put("runs", point.millisPerToken().size());
    line.put("ms_per_token_median", rounded(point.median()));
    line.put("ms_per_token_min", rounded(point.min()));
    line.put("ms_per_token_max", rounded(point.max()));
    line.put("tok_s_median", rounded(1000 / point.median()));
    line.put("prefill_tok_s", Math.rint(point.prefillPerSecond()));
    line.put("rss_mb", point.residentBytes() >> 20);
    line.put("state_bytes", costs.stateBytes());
    line.put("tokens_sha256", point.tokensSha256());
    ObjectNode computed = line.putObject("computed_for_full_attention");
    computed.put("work_ratio", rounded(costs.ratio(point.context())));
    computed.put("kv_bytes", (long) costs.keyValueBytes(point.context()));
    computed.put("bytes_crossover_tokens", rounded(costs.bytesCrossover()));
    computed.put("operations_crossover_tokens", rounded(costs.operationsCrossover()));
    computed.put("twice_the_work_tokens", rounded(costs.doubled()));
    return line;
  }

  private static double rounded(double value) {
    return Math.rint(value * 1e4) / 1e4;
  }
}
