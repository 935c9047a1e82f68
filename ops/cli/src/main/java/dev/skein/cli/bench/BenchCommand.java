package dev.skein.cli.bench;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code skein bench}: how fast the engine is on this machine. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Measure the engine: each figure is one line, with a digest of the tokens drawn.",
    subcommands = {
      DecodeCommand.class,
      PrefillCommand.class,
      SweepCommand.class,
      MixedCommand.class,
      E2eCommand.class,
      ConstraintCommand.class,
      LongContextCommand.class,
      LookupCommand.class,
      QualityCommand.class
    },
    synopsisSubcommandLabel =
        "(decode | prefill | sweep | mixed | e2e | constraint | longcontext | lookup | quality)")
public final class BenchCommand implements Callable<Integer> {
  @Spec CommandSpec spec;

  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(),
        "say which bench: decode, prefill, sweep, mixed, e2e, constraint, longcontext, lookup or quality");
  }
}
