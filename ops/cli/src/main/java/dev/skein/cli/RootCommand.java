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
import java.util.List;
import java.util.Properties;
import picocli.CommandLine;
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
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {"0:done", "1:failed", "2:wrong usage"})
final class RootCommand implements Runnable {
  /** The commands, in the order of the help. */
  private static final List<String> COMMANDS =
      List.of(
          "demo",
          "up",
          "chat",
          "session",
          "broker",
          "worker",
          "router",
          "key",
          "generate",
          "score",
          "choose",
          "embed",
          "eval",
          "logits",
          "tokenize",
          "model",
          "bench",
          "simulate");

  @Spec private CommandSpec spec;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Show stack traces instead of one line.")
  private boolean debug;

  RootCommand() {}

  /**
   * The command line of the given words. A command is made, and its classes are read, only if the
   * words may need it: all of them would cost every start half a second.
   */
  static CommandLine commandLine(List<String> words) {
    CommandLine line = new CommandLine(new RootCommand());
    String first = words.isEmpty() ? "" : words.getFirst();
    List<String> needed = COMMANDS.contains(first) ? List.of(first) : COMMANDS;
    needed.forEach(name -> line.addSubcommand(command(name)));
    if (needed.size() > 1) {
      line.addSubcommand(new HelpCommand());
    }
    return line;
  }

  boolean debug() {
    return debug;
  }

  private static Object command(String name) {
    return switch (name) {
      case "demo" -> new DemoCommand();
      case "up" -> new UpCommand();
      case "chat" -> new ChatCommand();
      case "session" -> new SessionCommand();
      case "broker" -> new BrokerCommand();
      case "worker" -> new WorkerCommand();
      case "router" -> new RouterCommand();
      case "key" -> new KeyCommand();
      case "generate" -> new GenerateCommand();
      case "score" -> new ScoreCommand();
      case "choose" -> new ChooseCommand();
      case "embed" -> new EmbedCommand();
      case "eval" -> new EvalCommand();
      case "logits" -> new LogitsCommand();
      case "tokenize" -> new TokenizeCommand();
      case "model" -> new ModelCommand();
      case "bench" -> new BenchCommand();
      case "simulate" -> new SimulateCommand();
      default -> throw new IllegalArgumentException(name);
    };
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
