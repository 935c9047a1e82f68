package dev.skein.cli.serve;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.skein.cli.CommandFailure;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/**
 * Health and metrics of a process: {@code /healthz} (200 while it lives), {@code /readyz} (200 when
 * it serves, else 503) and {@code /metrics} in Prometheus' text form. One thread, which sleeps
 * between questions.
 */
public final class OpsServer implements AutoCloseable {
  private static final int WAITING_MAX = 32;
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String METRICS = "text/plain; version=0.0.4; charset=utf-8";

  private final HttpServer server;
  private final ExecutorService thread;

  private OpsServer(HttpServer server, ExecutorService thread) {
    this.server = server;
    this.thread = thread;
  }

  /**
   * Listens.
   *
   * @param ready asked anew by every {@code /readyz}
   * @throws CommandFailure if the address cannot be bound
   */
  public static OpsServer start(
      InetSocketAddress address, BooleanSupplier ready, PrometheusMeterRegistry metrics) {
    try {
      HttpServer server = HttpServer.create(address, WAITING_MAX);
      ExecutorService thread =
          Executors.newSingleThreadExecutor(
              Thread.ofPlatform().name("skein-ops").daemon().factory());
      server.setExecutor(thread);
      server.createContext("/healthz", exchange -> answer(exchange, 200, TEXT, "ok\n"));
      server.createContext(
          "/readyz",
          exchange -> {
            boolean serves = ready.getAsBoolean();
            answer(exchange, serves ? 200 : 503, TEXT, serves ? "ready\n" : "not ready\n");
          });
      server.createContext(
          "/metrics", exchange -> answer(exchange, 200, METRICS, metrics.scrape("text/plain")));
      server.start();
      return new OpsServer(server, thread);
    } catch (IOException e) {
      throw new CommandFailure(
          "cannot serve health and metrics on %s:%d (%s): choose another address with --ops"
              .formatted(address.getHostString(), address.getPort(), e.getMessage()),
          e);
    }
  }

  /** Where it listens; the port is the real one where 0 was asked for. */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  private static void answer(HttpExchange exchange, int status, String type, String body)
      throws IOException {
    try (exchange) {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", type);
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(status, head ? -1 : bytes.length);
      if (!head) {
        try (OutputStream out = exchange.getResponseBody()) {
          out.write(bytes);
        }
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
    thread.shutdownNow();
  }
}
