package dev.skein.cli;

import dev.skein.cli.bench.BenchCommand;
import dev.skein.cli.chat.ChatCommand;
import dev.skein.cli.demo.DemoCommand;
import dev.skein.cli.engine.GenerateCommand;
import dev.skein.cli.engine.LogitsCommand;
import dev.skein.cli.engine.ModelCommand;
import dev.skein.cli.engine.TokenizeCommand;
import dev.skein.cli.role.BrokerCommand;
import dev.skein.cli.role.RouterCommand;
import dev.skein.cli.role.WorkerCommand;
import dev.skein.cli.serve.KeyCommand;
import dev.skein.cli.serve.UpCommand;
import dev.skein.cli.session.SessionCommand;
import dev.skein.cli.simulation.SimulateCommand;
import dev.skein.cli.uses.ChooseCommand;
import dev.skein.cli.uses.EmbedCommand;
import dev.skein.cli.uses.EvalCommand;
import dev.skein.cli.uses.ScoreCommand;
import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code skein} itself: the list of commands and what all of them accept. */
@Command(
    name = "skein",
    description = {
      "RWKV language models served from a message bus.",
      "",
      "In a checkout the launcher also knows: skein test (every check), skein build, skein format."
    },
    synopsisSubcommandLabel = "COMMAND",
    versionProvider = RootCommand.Version.class,
    mixinStandardHelpOptions = true,
    subcommands = {
      DemoCommand.class,
      UpCommand.class,
      ChatCommand.class,
      SessionCommand.class,
      BrokerCommand.class,
      WorkerCommand.class,
      RouterCommand.class,
      KeyCommand.class,
      GenerateCommand.class,
      ScoreCommand.class,
      ChooseCommand.class,
      EmbedCommand.class,
      EvalCommand.class,
      LogitsCommand.class,
      TokenizeCommand.class,
      ModelCommand.class,
      BenchCommand.class,
      SimulateCommand.class,
      HelpCommand.class
    },
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {"0:done", "1:failed", "2:wrong usage"})
final class RootCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Show stack traces instead of one line.")
  private boolean debug;

  RootCommand() {}

  boolean debug() {
    return debug;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  /** Reads the version that the build wrote down. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
      Properties build = new Properties();
      try (InputStream in = RootCommand.class.getResourceAsStream("build.properties")) {
        build.load(in);
      }
      return new String[] {
        "skein " + build.getProperty("version"),
        "Java " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")"
      };
    }
  }
}
