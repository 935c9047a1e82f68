package dev.skein.cli.engine;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;

/** Runs a command in this process as the launcher would, and keeps what it said. */
public final class Shell {
  public record Result(int exit, String out, String err) {
    public JsonNode json() throws IOException {
      return Json.MAPPER.readTree(out);
    }

    /** The result, if it is one of success. */
    public Result ok() {
      if (exit != 0) {
        throw new AssertionError("exit " + exit + ": " + err);
      }
      return this;
    }
  }

  private Shell() {}

  public static Result run(Callable<Integer> command, List<String> arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    PrintWriter errWriter = new PrintWriter(err, true);
    int exit =
        new CommandLine(command)
            .setOut(new PrintWriter(out, true))
            .setErr(errWriter)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setExecutionStrategy(new DemoNotice())
            .setExecutionExceptionHandler((e, line, parsed) -> {
              errWriter.println(e.getMessage());
              return 1;
            })
            .execute(arguments.toArray(String[]::new));
    return new Result(exit, out.toString(), err.toString());
  }

  public static Result run(Callable<Integer> command, String... arguments) {
    return run(command, List.of(arguments));
  }

  public static String ids(int... ids) {
    return Arrays.stream(ids).mapToObj(Integer::toString).collect(Collectors.joining(","));
  }
}
