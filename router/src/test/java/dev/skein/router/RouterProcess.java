package dev.skein.router;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.pekko.actor.typed.ActorSystem;

/** A router in a process of its own, whose heap has a limit and tells how full it is. */
final class RouterProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader said;
  private final PrintStream asks;
  private final int port;

  private RouterProcess(Process process) throws IOException {
    this.process = process;
    this.said =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    this.asks = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    this.port = Math.toIntExact(number("port "));
  }

  static RouterProcess start(String broker, String heap) throws IOException {
    String classes =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return new RouterProcess(
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                classes,
                RouterProcess.class.getName(),
                broker)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start());
  }

  private long number(String word) throws IOException {
    for (String line = said.readLine(); line != null; line = said.readLine()) {
      if (line.startsWith(word)) {
        return Long.parseLong(line.substring(word.length()));
      }
    }
    throw new AssertionError("the router's process has ended");
  }

  int port() {
    return port;
  }

  /** Bytes of live objects. */
  long heapUsed() {
    try {
      asks.println();
      return number("used ");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public void close() {
    process.destroy();
  }

  /** Runs the router until it is killed. */
  public static void main(String[] arguments) throws Exception {
    ActorSystem<Void> system = ScriptedWorker.system("crowded");
    Router router =
        Router.start(
            system,
            RouterOptions.of(arguments[0])
                .withHttp("localhost", 0)
                .withLimits(
                    RouterRig.requestsWithin(RouterLimits.defaults(), Duration.ofSeconds(15))),
            new SimpleMeterRegistry());
    await().atMost(60, SECONDS).until(router::ready);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    out.println("port " + router.address().getPort());
    while (System.in.read() >= 0) {
      System.gc();
      out.println("used " + ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    }
  }
}
