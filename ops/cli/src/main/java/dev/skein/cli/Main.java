package dev.skein.cli;

import dev.skein.cli.engine.DemoNotice;
import java.io.PrintWriter;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The {@code skein} command: parses the line, runs what it names, and turns a failure into one
 * sentence.
 */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    Stderr.restore();
    System.exit(commandLine(List.of(args)).execute(args));
  }

  /** The commands that the words may mean, with their error handling. */
  static CommandLine commandLine(List<String> words) {
    CommandLine line = RootCommand.commandLine(words);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler(Main::wrongUsage);
    line.setExecutionExceptionHandler(Main::failed);
    line.setExecutionStrategy(new DemoNotice());
    return line;
  }

  private static int wrongUsage(ParameterException e, String[] args) {
    CommandLine at = e.getCommandLine();
    String message = firstLine(String.valueOf(e.getMessage())).replaceFirst("^Error: ", "");
    if (e instanceof UnmatchedArgumentException unmatched) {
      List<String> near = unmatched.getSuggestions();
      message =
          unmatchedMessage(unmatched, message)
              + (near.isEmpty() ? "" : " (did you mean " + near.getFirst() + "?)");
    }
    print(at, message + ". Try '" + at.getCommandSpec().qualifiedName() + " --help'.");
    return ExitCode.USAGE;
  }

  private static String unmatchedMessage(UnmatchedArgumentException e, String otherwise) {
    if (e.getUnmatched().isEmpty()) {
      return otherwise;
    }
    String first = e.getUnmatched().getFirst();
    boolean group = !e.getCommandLine().getSubcommands().isEmpty();
    String what = first.startsWith("-") ? "option" : group ? "command" : "argument";
    return "unknown " + what + " '" + first + "'";
  }

  private static int failed(Exception e, CommandLine line, ParseResult parsed) {
    boolean debug = parsed != null && debug(line);
    if (debug) {
      e.printStackTrace(line.getErr());
      return ExitCode.SOFTWARE;
    }
    print(line, sentence(e));
    return ExitCode.SOFTWARE;
  }

  private static boolean debug(CommandLine line) {
    Object root =
        Stream.iterate(line, l -> l != null, CommandLine::getParent)
            .reduce((a, b) -> b)
            .orElse(line)
            .getCommand();
    return root instanceof RootCommand command && command.debug();
  }

  /** Our own failures say what is wrong; of a stranger's the class is worth knowing too. */
  private static String sentence(Exception e) {
    String message = e.getMessage();
    boolean ours =
        e.getClass().getName().startsWith("dev.skein.") || e instanceof IllegalArgumentException;
    if (ours && message != null) {
      return firstLine(message);
    }
    if (e instanceof java.nio.file.NoSuchFileException) {
      return "no such file: " + message;
    }
    String name = e.getClass().getSimpleName();
    return (message == null ? name : name + ": " + firstLine(message)) + " (--debug shows where)";
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("").strip();
  }

  private static void print(CommandLine line, String message) {
    PrintWriter err = line.getErr();
    err.println("skein: " + message);
    err.flush();
  }
}
