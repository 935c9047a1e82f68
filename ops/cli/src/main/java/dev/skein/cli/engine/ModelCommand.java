package dev.skein.cli.engine;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code skein model}: facts about model files. */
@Command(
    name = "model",
    mixinStandardHelpOptions = true,
    description = "Facts about model files.",
    subcommands = {InspectCommand.class, ConvertCommand.class, VerifyCommand.class},
    synopsisSubcommandLabel = "(inspect | convert | verify)")
public final class ModelCommand implements Callable<Integer> {
  @Spec CommandSpec spec;

  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(), "say what to do with the model: inspect, convert or verify");
  }
}
