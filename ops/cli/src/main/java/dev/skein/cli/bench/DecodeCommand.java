package dev.skein.cli.bench;

import dev.skein.bench.StepBench;
import dev.skein.bench.Workload;
import dev.skein.bench.peer.LlamaCpp;
import dev.skein.cli.engine.LoadedModel;
import dev.skein.model.Quantization;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code skein bench decode}. */
@Command(
    name = "decode",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Tokens per second of sessions that all decode.")
final class DecodeCommand implements Callable<Integer> {
  /** Tokens of each session's prompt, read before the clock starts. */
  static final int PROMPT = 16;

  @Spec CommandSpec spec;
  @Mixin BenchOptions options;

  @Option(
      names = "--sessions",
      paramLabel = "N",
      defaultValue = "1",
      description = "Sessions that run together (default: ${DEFAULT-VALUE}).")
  int sessions;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      defaultValue = "64",
      description = "Tokens that each session draws (default: ${DEFAULT-VALUE}).")
  int tokens;

  @Option(
      names = "--neighbour",
      description = "Also measure while another process keeps one processor busy.")
  boolean neighbour;

  @Override
  public Integer call() throws IOException {
    options.peer.check(options.model);
    Lines lines = new Lines(spec.commandLine().getOut(), options.json);
    try (LoadedModel model = options.model.open(spec.commandLine(), Quantization.INT8);
        LlamaCpp peer =
            options.peer.open(options.model, model.name(), model.rwkv().quantization())) {
      Workload work = options.workload(model, sessions, PROMPT, tokens);
      lines.begin();
      try (StepBench bench = StepBench.decode(model.subject(options.model.threads()), work)) {
        Figure.Theirs theirs =
            peer == null
                ? null
                : new Figure.Theirs(peer, p -> p.decode(sessions, 1, PROMPT, tokens - 1));
        Measured.print(new Figure(bench, theirs, neighbour), options, sessions, lines);
      }
    }
    return 0;
  }
}
