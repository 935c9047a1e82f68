package dev.skein.cli.session;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code skein session}: the sessions of a running router. */
@Command(
    name = "session",
    mixinStandardHelpOptions = true,
    description = "List, show and change the sessions of a running router.",
    subcommands = {
      ListCommand.class,
      ShowCommand.class,
      TranscriptCommand.class,
      ForkCommand.class,
      RewindCommand.class,
      ExportCommand.class,
      ImportCommand.class,
      DeleteCommand.class
    },
    synopsisSubcommandLabel = "COMMAND",
    footerHeading = "Environment:%n",
    footer = "  SKEIN_API_KEY  key for a router that asks for one")
public final class SessionCommand implements Callable<Integer> {
  @Spec CommandSpec spec;

  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(),
        "say what to do: list, show, transcript, fork, rewind, export, import or delete");
  }
}
