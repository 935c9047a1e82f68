package dev.skein.cli.engine;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.bench.BenchReport;
import dev.skein.bench.DecodeBench;
import dev.skein.bench.PrefillBench;
import dev.skein.bench.Workload;
import dev.skein.cli.CommandFailure;
import dev.skein.model.Quantization;
import dev.skein.model.sampling.SamplingParameters;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code skein bench}: how fast the engine is on this machine. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Measure the engine: each figure is one line, with a digest of the tokens drawn.",
    subcommands = {
      BenchCommand.Decode.class,
      BenchCommand.Prefill.class,
      ConstraintBenchCommand.class,
      LongContextCommand.class,
      QualityCommand.class
    },
    synopsisSubcommandLabel = "(decode | prefill | constraint | longcontext | quality)")
public final class BenchCommand implements Callable<Integer> {
  @Spec CommandSpec spec;

  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(), "say which bench: decode, prefill, constraint, longcontext or quality");
  }

  /** What all benches ask. */
  static final class BenchOptions {
    @Mixin LoadOptions model;

    @Option(
        names = "--sessions",
        paramLabel = "N",
        defaultValue = "1",
        description = "Sessions that run together (default: ${DEFAULT-VALUE}).")
    int sessions;

    @Option(
        names = "--runs",
        paramLabel = "R",
        defaultValue = "3",
        description = "Measured runs after the warm-up (default: ${DEFAULT-VALUE}).")
    int runs;

    @Option(
        names = "--seed",
        paramLabel = "S",
        defaultValue = "1",
        description = "Seed of prompts and draws (default: ${DEFAULT-VALUE}).")
    long seed;

    @Option(
        names = "--temperature",
        paramLabel = "T",
        defaultValue = "1",
        description = "Temperature of the draws (default: ${DEFAULT-VALUE}).")
    float temperature;

    @Option(
        names = "--top-p",
        paramLabel = "P",
        defaultValue = "0.3",
        description = "Top-p of the draws (default: ${DEFAULT-VALUE}).")
    float topP;

    @Option(
        names = "--verify",
        description = "Run every session alone afterwards and compare the tokens.")
    boolean verify;

    @Option(names = "--json", description = "Print the figure as one JSON line.")
    boolean json;

    @Option(
        names = "--warm-up",
        paramLabel = "SECONDS",
        defaultValue = "5",
        description = "Run at least so long before measuring (default: ${DEFAULT-VALUE}).")
    int warmUpSeconds;

    /** A bench of either kind. */
    interface Measured {
      BenchReport run(String subject, int threads, int runs, int warmUpSeconds);
    }

    BenchReport run(Measured bench, String subject) {
      return bench.run(subject, model.threads(), runs, warmUpSeconds);
    }

    /** Draws as {@code generate} with the same options does, so that it can reproduce a session. */
    Workload workload(LoadedModel loaded, int promptTokens, int drawnTokens) {
      if (runs < 1) {
        throw new IllegalArgumentException("--runs must be at least 1");
      }
      if (!loaded.startStates().isEmpty()) {
        throw new IllegalArgumentException("a bench has no use for --state");
      }
      SamplingParameters sampling =
          temperature == 0
              ? SamplingParameters.GREEDY.withTopP(topP)
              : loaded.defaults().withTemperature(temperature).withTopP(topP);
      return new Workload(sessions, promptTokens, drawnTokens, seed, sampling);
    }
  }

  /** {@code skein bench decode}. */
  @Command(
      name = "decode",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Tokens per second of sessions that all decode.")
  static final class Decode implements Callable<Integer> {
    private static final int PROMPT = 16;

    @Spec CommandSpec spec;
    @Mixin BenchOptions options;

    @Option(
        names = "--tokens",
        paramLabel = "N",
        defaultValue = "64",
        description = "Tokens that each session draws (default: ${DEFAULT-VALUE}).")
    int tokens;

    @Override
    public Integer call() throws IOException {
      try (LoadedModel model = options.model.open(spec.commandLine(), Quantization.INT8)) {
        DecodeBench bench =
            new DecodeBench(
                model.rwkv(), model.tokenizer(), options.workload(model, PROMPT, tokens));
        BenchReport report = options.run(bench::run, model.name());
        print(spec, options, report, options.verify ? bench.digestAlone() : null);
      }
      return 0;
    }
  }

  /** {@code skein bench prefill}. */
  @Command(
      name = "prefill",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Prompt tokens per second.")
  static final class Prefill implements Callable<Integer> {
    @Spec CommandSpec spec;
    @Mixin BenchOptions options;

    @Option(
        names = "--tokens",
        paramLabel = "N",
        defaultValue = "512",
        description = "Tokens of each session's prompt (default: ${DEFAULT-VALUE}).")
    int tokens;

    @Option(
        names = "--step-tokens",
        paramLabel = "N",
        defaultValue = "128",
        description = "Tokens that one step reads at most (default: ${DEFAULT-VALUE}).")
    int stepTokens;

    @Override
    public Integer call() throws IOException {
      try (LoadedModel model = options.model.open(spec.commandLine(), Quantization.INT8)) {
        PrefillBench bench =
            new PrefillBench(
                model.rwkv(), model.tokenizer(), options.workload(model, tokens, 1), stepTokens);
        BenchReport report = options.run(bench::run, model.name());
        print(spec, options, report, options.verify ? bench.digestAlone() : null);
      }
      return 0;
    }
  }

  private static void print(
      CommandSpec spec, BenchOptions options, BenchReport report, @Nullable String alone)
      throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    ObjectNode line = report.toJson();
    if (alone != null) {
      if (!alone.equals(report.tokensSha256())) {
        throw new CommandFailure(
            "the sessions run alone drew other tokens: sha256 %s, together %s"
                .formatted(alone, report.tokensSha256()));
      }
      line.put("verified", true);
    }
    if (options.json) {
      Json.print(out, line);
      return;
    }
    line.remove("session0");
    line.properties().forEach(e -> out.printf("%-16s %s%n", e.getKey(), e.getValue().asText()));
    out.flush();
  }
}
