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
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code skein bench prefill}. */
@Command(
    name = "prefill",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Prompt tokens per second.")
final class PrefillCommand implements Callable<Integer> {
  @Spec CommandSpec spec;
  @Mixin BenchOptions options;

  @Option(
      names = "--sessions",
      paramLabel = "N",
      defaultValue = "1",
      description = "Sessions that read together (default: ${DEFAULT-VALUE}).")
  int sessions;

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
    options.peer.check(options.model);
    if (options.peer.peer != null && sessions > 1) {
      throw new ParameterException(
          spec.commandLine(), "prefill is compared with one session: leave out --sessions");
    }
    Lines lines = new Lines(spec.commandLine().getOut(), options.json);
    try (LoadedModel model = options.model.open(spec.commandLine(), Quantization.INT8);
        LlamaCpp peer =
            options.peer.open(options.model, model.name(), model.rwkv().quantization())) {
      Workload work = options.workload(model, sessions, tokens, 1);
      lines.begin();
      try (StepBench bench =
          StepBench.prefill(model.subject(options.model.threads()), work, stepTokens)) {
        Figure.Theirs theirs =
            peer == null ? null : new Figure.Theirs(peer, p -> p.prefill(tokens));
        Measured.print(new Figure(bench, theirs, false), options, sessions, lines);
      }
    }
    return 0;
  }
}
