package dev.skein.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.cli.CommandFailure;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class OpsServerTest {
  private final AtomicBoolean ready = new AtomicBoolean();
  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  @Test
  void answersHealthReadinessAndMetrics() throws Exception {
    metrics.counter("skein.requests", "model_name", "m").increment(3);
    try (OpsServer ops = start(0)) {
      assertThat(get(ops, "/healthz").statusCode()).isEqualTo(200);
      assertThat(get(ops, "/readyz").statusCode()).isEqualTo(503);
      ready.set(true);
      assertThat(get(ops, "/readyz").statusCode()).isEqualTo(200);
      assertThat(get(ops, "/metrics").body())
          .contains("skein_requests_total{model_name=\"m\"} 3.0");
      assertThat(get(ops, "/nothing").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void namesTheTakenAddress() {
    try (OpsServer first = start(0)) {
      assertThatThrownBy(() -> start(first.address().getPort()))
          .isInstanceOf(CommandFailure.class)
          .hasMessageContaining("--ops");
    }
  }

  private OpsServer start(int port) {
    return OpsServer.start(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), port), ready::get, metrics);
  }

  private static HttpResponse<String> get(OpsServer ops, String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://127.0.0.1:" + ops.address().getPort() + path);
      return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    }
  }
}
