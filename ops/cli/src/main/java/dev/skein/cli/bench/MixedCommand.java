package dev.skein.cli.bench;

import dev.skein.bench.BenchReport;
import dev.skein.bench.OtherTokensException;
import dev.skein.bench.StepBench;
import dev.skein.bench.Subject;
import dev.skein.bench.mixed.MixedBench;
import dev.skein.bench.mixed.MixedLoad;
import dev.skein.bench.peer.LlamaCpp;
import dev.skein.cli.CommandFailure;
import dev.skein.cli.engine.LoadedModel;
import dev.skein.model.Quantization;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code skein bench mixed}: sessions that come and go. */
@Command(
    name = "mixed",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Sessions that arrive and leave at random (a Poisson process). Four figures of one run:",
      "steady: all sessions decode, nobody comes or goes;",
      "full: more come than there are places, so every place is always taken;",
      "open: as many come as --load says, told as time to first token and between tokens;",
      "prompts: the time between tokens of running sessions while long prompts are read."
    })
final class MixedCommand implements Callable<Integer> {
  /** How many times more come than can be served, where every place is to be taken. */
  private static final double OVERLOAD = 2;

  /** llama.cpp as it is when every second session has left: its ids have gaps. */
  private static final int GAPS = 2;

  private static final int STEADY_TOKENS = 64;

  /** With gaps llama.cpp takes a pass for each session: a few steps tell enough. */
  private static final int PEER_STEPS = 8;

  private static final int MOST_WAITING = 4096;

  @Spec CommandSpec spec;
  @Mixin BenchOptions options;

  @Option(
      names = "--sessions",
      paramLabel = "N",
      defaultValue = "32",
      description = "Places (default: ${DEFAULT-VALUE}).")
  int sessions;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "20",
      description = "How long each load runs (default: ${DEFAULT-VALUE}).")
  double seconds;

  @Option(
      names = "--load",
      paramLabel = "SHARE",
      defaultValue = "0.7",
      description =
          "Arrivals of the open load, as a share of what the steady figure can serve"
              + " (default: ${DEFAULT-VALUE}).")
  double share;

  @Option(
      names = "--prompt-tokens",
      paramLabel = "N",
      defaultValue = "16",
      description = "Mean length of a prompt (default: ${DEFAULT-VALUE}).")
  int promptTokens;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      defaultValue = "128",
      description = "Mean length of a reply (default: ${DEFAULT-VALUE}).")
  int tokens;

  @Override
  public Integer call() throws IOException {
    options.peer.check(options.model);
    if (!(share > 0 && share <= 10)) {
      throw new IllegalArgumentException("--load must be above 0 and at most 10");
    }
    Lines lines = new Lines(spec.commandLine().getOut(), options.json);
    try (LoadedModel model = options.model.open(spec.commandLine(), Quantization.INT8);
        LlamaCpp peer =
            options.peer.open(options.model, model.name(), model.rwkv().quantization())) {
      lines.begin();
      Subject subject = model.subject(options.model.threads());
      BenchReport steady;
      try (StepBench bench =
          StepBench.decode(
              subject, options.workload(model, sessions, DecodeCommand.PROMPT, STEADY_TOKENS))) {
        Figure.Theirs theirs =
            peer == null
                ? null
                : new Figure.Theirs(peer, p -> p.decode(sessions, GAPS, 1, PEER_STEPS));
        Figure figure = new Figure(bench, theirs, false);
        steady = Measured.print(figure, options, sessions, lines).report();
      }
      MixedLoad load =
          new MixedLoad(
              sessions, seconds, promptTokens, tokens, options.seed, options.sampling(model));
      mixed(new MixedBench(subject, load), steady.tokensPerSecond(), lines);
    } catch (OtherTokensException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
    return 0;
  }

  private void mixed(MixedBench bench, double steady, Lines lines) throws IOException {
    double capacity = steady / (promptTokens + tokens);
    lines.plain(bench.run("full", OVERLOAD * capacity, sessions, steady).toJson());
    lines.plain(bench.run("open", share * capacity, MOST_WAITING, steady).toJson());
    lines.plain(bench.underPrompts().toJson());
  }
}
