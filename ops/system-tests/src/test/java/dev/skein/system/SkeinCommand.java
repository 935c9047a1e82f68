package dev.skein.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The launcher, run as a user runs it, in a process of its own. */
public final class SkeinCommand {
  private SkeinCommand() {}

  /** What a command left behind. */
  public record Result(int exitCode, String out, String err) {
    List<String> errLines() {
      return err.lines().toList();
    }
  }

  /**
   * A process of the launcher. Output goes to the given files, because nobody reads pipes while it
   * runs.
   */
  static Process start(Path out, Path err, String... arguments) {
    return start(out, err, Map.of(), List.of(arguments));
  }

  /** The same in another environment. */
  public static Process start(
      Path out, Path err, Map<String, String> environment, List<String> arguments) {
    return start(List.of(), out, err, environment, arguments);
  }

  /**
   * The same through another command.
   *
   * @param through a command that becomes the one which is given behind its own arguments
   */
  public static Process start(
      List<String> through,
      Path out,
      Path err,
      Map<String, String> environment,
      List<String> arguments) {
    List<String> line = new ArrayList<>(through);
    line.add(Checkout.root().resolve("skein").toString());
    line.addAll(arguments);
    ProcessBuilder builder = built(new ProcessBuilder(line));
    builder.environment().putAll(environment);
    return start(builder, out, err);
  }

  /** The build that runs this test has made the application. */
  private static ProcessBuilder built(ProcessBuilder builder) {
    builder.environment().put("SKEIN_BUILD", "never");
    return builder;
  }

  private static Process start(ProcessBuilder builder, Path out, Path err) {
    try {
      return builder
          .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
          .redirectOutput(out.toFile())
          .redirectError(err.toFile())
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs to the end. */
  public static Result run(Duration patience, String... arguments) {
    List<String> line = new ArrayList<>();
    line.add(Checkout.root().resolve("skein").toString());
    line.addAll(List.of(arguments));
    return run(patience, built(new ProcessBuilder(line)));
  }

  /** Runs any command to the end. */
  static Result run(Duration patience, ProcessBuilder builder) {
    try {
      Path out = Files.createTempFile("skein", ".out");
      Path err = Files.createTempFile("skein", ".err");
      Process process = start(builder, out, err);
      try {
        if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new AssertionError(
              builder.command() + " still runs after " + patience + "\n" + read(out) + read(err));
        }
        return new Result(process.exitValue(), read(out), read(err));
      } finally {
        process.destroyForcibly();
        Files.delete(out);
        Files.delete(err);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** What a file holds. */
  public static String read(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
