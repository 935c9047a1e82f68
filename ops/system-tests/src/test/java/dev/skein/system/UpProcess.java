package dev.skein.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** A {@code skein up} in a process of its own, on free ports. */
public final class UpProcess implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(90);
  private static final Duration STOP = Duration.ofSeconds(40);

  private final Process process;
  private final Path out;
  private final Path err;

  private UpProcess(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /** Starts and waits for the line {@code ready}. */
  public static UpProcess start(Path data, String... more) {
    try {
      Path out = Files.createTempFile("skein-up", ".out");
      Path err = Files.createTempFile("skein-up", ".err");
      List<String> arguments =
          new ArrayList<>(
              List.of("up", "--data", data.toString(), "--port", "0", "--kafka-port", "0"));
      arguments.addAll(List.of(more));
      Process process = SkeinCommand.start(out, err, arguments.toArray(String[]::new));
      UpProcess up = new UpProcess(process, out, err);
      up.awaitReady();
      return up;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitReady() {
    Awaitility.await()
        .atMost(START)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> !process.isAlive() || output().contains("\nready role=all"));
    if (!process.isAlive()) {
      throw new AssertionError("skein up ended: " + SkeinCommand.read(err));
    }
  }

  public String output() {
    return SkeinCommand.read(out);
  }

  public String errors() {
    return SkeinCommand.read(err);
  }

  /** Root of the API, with {@code /v1}. */
  public String api() {
    return find("API +(\\S+)");
  }

  public String kafka() {
    return find("Kafka +(\\S+)");
  }

  public String ops() {
    return find("ops +(http://[^/\\s]+)");
  }

  /** The sum of a meter over all its series. */
  public double metric(String name) {
    try (var in = URI.create(ops() + "/metrics").toURL().openStream()) {
      List<String> found =
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
              .toList();
      if (found.isEmpty()) {
        throw new AssertionError("there is no meter " + name);
      }
      return found.stream()
          .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public long pid() {
    return process.pid();
  }

  private String find(String regex) {
    Matcher m = Pattern.compile(regex).matcher(output());
    if (!m.find()) {
      throw new AssertionError("no " + regex + " in " + output());
    }
    return m.group(1);
  }

  /** SIGTERM, and waits for the end; returns the exit code. */
  public int stop() {
    process.destroy();
    try {
      if (!process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError("skein up does not stop on SIGTERM\n" + errors());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** SIGKILL. */
  public void kill() {
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      stop();
    }
    try {
      Files.deleteIfExists(out);
      Files.deleteIfExists(err);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
