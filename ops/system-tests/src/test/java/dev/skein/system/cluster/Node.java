package dev.skein.system.cluster;

import dev.skein.system.SkeinCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** One process of one role. */
final class Node implements AutoCloseable {
  private static final Duration START = Duration.ofMinutes(5);
  private static final Duration STOP = Duration.ofSeconds(40);

  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  /**
   * How it is started.
   *
   * @param through a command that becomes it
   */
  record Command(
      Path folder, String name, List<String> through, String jvm, List<String> arguments) {}

  private final Command command;
  private final Process process;
  private final Path out;
  private final Path err;

  private Node(Command command, Process process, Path out, Path err) {
    this.command = command;
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /**
   * Starts it; {@link #awaitReady} is next.
   *
   * @param jvm options of its JVM
   */
  static Node start(Path folder, String name, String jvm, List<String> arguments) {
    return start(new Command(folder, name, List.of(), jvm, List.copyOf(arguments)));
  }

  static Node start(Command command) {
    try {
      Files.createDirectories(command.folder());
      Path out = Files.createTempFile(command.folder(), command.name(), ".out");
      Path err = Files.createTempFile(command.folder(), command.name(), ".err");
      Map<String, String> options = Map.of("SKEIN_JAVA_OPTS", command.jvm());
      Process process =
          SkeinCommand.start(command.through(), out, err, options, command.arguments());
      return new Node(command, process, out, err);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same in a new process, if this one is dead; else this one. */
  Node again() {
    return isAlive() ? this : start(command);
  }

  Node awaitReady() {
    Awaitility.await(name() + " is ready")
        .atMost(START)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> !process.isAlive() || isReady());
    if (!process.isAlive()) {
      throw new AssertionError(name() + " ended: " + SkeinCommand.read(err));
    }
    return this;
  }

  /** A field of the line {@code ready}. */
  String field(String key) {
    Matcher m = Pattern.compile(" " + key + "=(\\S+)").matcher(SkeinCommand.read(out));
    if (!m.find()) {
      throw new AssertionError("no " + key + " in " + SkeinCommand.read(out));
    }
    return m.group(1);
  }

  /** What it reports under a name in Prometheus' form, summed over labels; 0 if nothing. */
  double metric(String name) {
    try {
      HttpRequest asked =
          HttpRequest.newBuilder(URI.create("http://" + field("ops") + "/metrics")).build();
      String all = CLIENT.send(asked, HttpResponse.BodyHandlers.ofString()).body();
      return all.lines()
          .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
          .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  String name() {
    return command.name();
  }

  /** Whether it has said that it serves. */
  boolean isReady() {
    return SkeinCommand.read(out).startsWith("ready ");
  }

  /** Whether it serves, as far as it has said. */
  boolean serves() {
    return isAlive() && isReady();
  }

  /** Memory that it holds, as Linux says. */
  long residentBytes() {
    Matcher m =
        Pattern.compile("VmRSS:\\s+(\\d+) kB")
            .matcher(SkeinCommand.read(Path.of("/proc", Long.toString(pid()), "status")));
    return m.find() ? Long.parseLong(m.group(1)) << 10 : 0;
  }

  /** Memory of objects in its heap that something refers to. */
  long liveBytes() {
    Matcher total = Pattern.compile("(?m)^Total +\\d+ +(\\d+)").matcher(jcmd("GC.class_histogram"));
    return total.find() ? Long.parseLong(total.group(1)) : 0;
  }

  private String jcmd(String question) {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    try {
      Process asked =
          new ProcessBuilder(jcmd.toString(), Long.toString(pid()), question)
              .redirectErrorStream(true)
              .start();
      return new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * How it is, for the message of a failure: alive or how it ended, the last it said, and what its
   * threads do.
   */
  String condition() {
    boolean alive = isAlive();
    String how = alive ? "is alive" : "ended with " + process.exitValue();
    String said = errors() + log();
    String last = said.lines().reduce((_, line) -> line).orElse("nothing");
    return "%s %s, and last said: %s%n%s%n%s"
        .formatted(name(), how, last, said, alive ? jcmd("Thread.print") : "");
  }

  private String log() {
    int data = command.arguments().indexOf("--data");
    return data < 0
        ? ""
        : SkeinCommand.read(Path.of(command.arguments().get(data + 1), "logs", "skein.log"));
  }

  /** Processor time so far. */
  Duration processorTime() {
    return process.toHandle().info().totalCpuDuration().orElse(Duration.ZERO);
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  String errors() {
    return SkeinCommand.read(err);
  }

  /** SIGKILL, by its pid; the exit code, 137. */
  int kill() {
    process.destroyForcibly();
    return await();
  }

  /** SIGTERM; the exit code. */
  int stop() {
    process.destroy();
    return await();
  }

  /** SIGSTOP or SIGCONT. */
  void signal(String signal) {
    try {
      new ProcessBuilder("kill", "-" + signal, Long.toString(pid())).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private int await() {
    try {
      if (!process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError(name() + " does not end\n" + errors());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
