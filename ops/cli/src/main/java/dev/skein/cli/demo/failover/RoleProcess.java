package dev.skein.cli.demo.failover;

import dev.skein.cli.CommandFailure;
import dev.skein.cli.Main;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** This program once more, in a process of its own and in one role. */
final class RoleProcess implements AutoCloseable {
  private static final long LOOK_EVERY_NANOS = 20_000_000;
  private static final Duration STOP = Duration.ofSeconds(15);
  private static final String HEAP = "-Xmx192m";

  /** Only kernels are worth the optimising compiler in a process that lives for a minute. */
  private static final String LIGHT = "-XX:TieredStopAtLevel=1";

  private final String name;
  private final Process process;
  private final Path out;
  private final Path err;

  private RoleProcess(String name, Process process, Path out, Path err) {
    this.name = name;
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /**
   * Starts it, with the arguments of this JVM and a smaller heap.
   *
   * @param folder for what it prints
   */
  static RoleProcess start(Path folder, String name, List<String> arguments) {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(a -> !a.startsWith("-Xmx") && !a.startsWith("-Dskein.stderr"))
        .forEach(line::add);
    line.add(HEAP);
    if (!arguments.getFirst().equals("worker")) {
      line.add(LIGHT);
    }
    line.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    line.addAll(arguments);
    Path out = folder.resolve(name + ".out");
    Path err = folder.resolve(name + ".err");
    try {
      Process process =
          new ProcessBuilder(line)
              .redirectInput(new File("/dev/null"))
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      return new RoleProcess(name, process, out, err);
    } catch (IOException e) {
      throw new CommandFailure("the " + name + " could not be started: " + e.getMessage(), e);
    }
  }

  /**
   * Waits until it serves.
   *
   * @throws CommandFailure with its own last words if it does not
   */
  void awaitReady(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!read(out).startsWith("ready ")) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        String last = read(err).lines().reduce("", (a, b) -> b);
        throw new CommandFailure("the " + name + " did not get ready: " + last);
      }
      LockSupport.parkNanos(LOOK_EVERY_NANOS);
    }
  }

  /** A field of the line with which it said that it is ready. */
  String field(String key) {
    Matcher m = Pattern.compile(" " + key + "=(\\S+)").matcher(read(out));
    if (!m.find()) {
      throw new CommandFailure("the " + name + " did not say its " + key);
    }
    return m.group(1);
  }

  private static String read(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }

  String name() {
    return name;
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** SIGKILL; returns the exit code, 137. */
  int kill() {
    process.destroyForcibly();
    return await();
  }

  private int await() {
    try {
      if (!process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      return process.waitFor();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      return -1;
    }
  }

  /** Nothing here is worth a clean end. */
  @Override
  public void close() {
    process.destroyForcibly();
    await();
  }
}
