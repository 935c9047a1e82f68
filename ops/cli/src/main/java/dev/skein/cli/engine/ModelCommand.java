package dev.skein.cli.engine;

import dev.skein.cli.models.ImportCommand;
import dev.skein.cli.models.ListCommand;
import dev.skein.cli.models.PullCommand;
import dev.skein.cli.models.RemoveCommand;
import dev.skein.cli.models.SuggestCommand;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code skein model}: getting models and looking at them. */
@Command(
    name = "model",
    mixinStandardHelpOptions = true,
    description = "Get models, and look at them.",
    subcommands = {
      ListCommand.class,
      SuggestCommand.class,
      PullCommand.class,
      ImportCommand.class,
      RemoveCommand.class,
      InspectCommand.class,
      ConvertCommand.class,
      VerifyCommand.class
    },
    synopsisSubcommandLabel = "COMMAND")
public final class ModelCommand implements Callable<Integer> {
  @Spec CommandSpec spec;

  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(),
        "say what to do: list, suggest, pull, import, remove, inspect, convert or verify");
  }
}
