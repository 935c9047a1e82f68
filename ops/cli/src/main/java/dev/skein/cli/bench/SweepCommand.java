package dev.skein.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.bench.StepBench;
import dev.skein.bench.SweepPlot;
import dev.skein.bench.peer.LlamaCpp;
import dev.skein.cli.engine.LoadedModel;
import dev.skein.model.Quantization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code skein bench sweep}: how decoding grows with the sessions that run together. */
@Command(
    name = "sweep",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Tokens per second of 1, 2, 4, ... sessions that all decode: one line for each.")
final class SweepCommand implements Callable<Integer> {
  private static final int MOST_SESSIONS = 1024;

  @Spec CommandSpec spec;
  @Mixin BenchOptions options;

  @Option(
      names = "--sessions",
      paramLabel = "N",
      defaultValue = "256",
      description = "The most sessions (default: ${DEFAULT-VALUE}).")
  int sessions;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      defaultValue = "24",
      description = "Tokens that each session draws (default: ${DEFAULT-VALUE}).")
  int tokens;

  @Option(names = "--svg", paramLabel = "FILE", description = "Also draw the plot into this file.")
  @Nullable Path svg;

  @Override
  public Integer call() throws IOException {
    options.peer.check(options.model);
    if (sessions < 1 || sessions > MOST_SESSIONS) {
      throw new ParameterException(
          spec.commandLine(), "--sessions must be between 1 and " + MOST_SESSIONS);
    }
    Lines lines = new Lines(spec.commandLine().getOut(), options.json);
    try (LoadedModel model = options.model.open(spec.commandLine(), Quantization.INT8);
        LlamaCpp peer =
            options.peer.open(options.model, model.name(), model.rwkv().quantization())) {
      lines.begin();
      List<SweepPlot.Point> points = new ArrayList<>();
      for (int n = 1; n <= sessions; n *= 2) {
        points.add(point(model, peer, n, lines));
      }
      if (svg != null) {
        String how =
            "%s, %s kernels, %d threads"
                .formatted(
                    model.rwkv().quantization().title(),
                    model.rwkv().backend(),
                    options.model.threads());
        Files.writeString(svg, new SweepPlot(points).svg(model.name(), how));
      }
    }
    return 0;
  }

  private SweepPlot.Point point(LoadedModel model, @Nullable LlamaCpp peer, int n, Lines lines)
      throws IOException {
    int prompt = DecodeCommand.PROMPT;
    try (StepBench bench =
        StepBench.decode(
            model.subject(options.model.threads()), options.workload(model, n, prompt, tokens))) {
      Figure.Theirs theirs =
          peer == null ? null : new Figure.Theirs(peer, p -> p.decode(n, 1, prompt, tokens - 1));
      int warmUp = n == 1 ? options.warmUpSeconds : Math.min(1, options.warmUpSeconds);
      Measured measured =
          Measured.print(new Figure(bench, theirs, false), options, warmUp, n, lines);
      ObjectNode line = measured.line();
      double median = measured.report().tokensPerSecond();
      return new SweepPlot.Point(
          n,
          median,
          line.path("tok_s_min").asDouble(),
          line.path("tok_s_max").asDouble(),
          options.roofline ? n * line.path("roofline").path("steps_s").asDouble() : null,
          measured.peerTokensPerSecond());
    }
  }
}
