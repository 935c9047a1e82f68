package dev.skein.router;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.skein.proto.Control;
import dev.skein.proto.Request;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * One router for all test classes, with HTTP at one end, a real broker and a scripted worker at the
 * other.
 */
public final class RouterRig implements BeforeAllCallback {
  static final JsonMapper JSON = new JsonMapper();
  static final RouterLimits LIMITS =
      RouterLimits.defaults()
          .withPatience(
              new RouterLimits.Patience(
                  Duration.ofMillis(1_500),
                  Duration.ofMillis(1_500),
                  Duration.ofMillis(400),
                  Duration.ofSeconds(60),
                  Duration.ofSeconds(30),
                  Duration.ofSeconds(3),
                  Duration.ofSeconds(3)));

  /** No patience with what is sent slowly. */
  static final RouterLimits IMPATIENT = requestsWithin(LIMITS, Duration.ofMillis(500));

  static final HttpClient CLIENT = HttpClient.newHttpClient();
  static final PrometheusMeterRegistry METRICS =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  private static @Nullable Rig shared;

  @SuppressWarnings("try") // An interrupted test run need not end tidily.
  private record Rig(
      TestBroker broker,
      ScriptedWorker worker,
      ActorSystem<Void> system,
      Router router,
      DocumentedAnswers document)
      implements AutoCloseable {
    static Rig start() throws Exception {
      TestBroker broker = TestBroker.start(Files.createTempDirectory(Path.of("target"), "kafka"));
      ScriptedWorker worker = new ScriptedWorker(broker.address());
      ActorSystem<Void> system = ScriptedWorker.system("router");
      Router router = Router.start(system, options(broker).withLimits(LIMITS), METRICS);
      await().atMost(20, SECONDS).until(router::ready);
      return new Rig(broker, worker, system, router, DocumentedAnswers.served(router));
    }

    @Override
    public void close() throws Exception {
      router.close();
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().get(20, SECONDS);
      worker.close();
      broker.close();
    }
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    shared =
        context
            .getRoot()
            .getStore(ExtensionContext.Namespace.GLOBAL)
            .getOrComputeIfAbsent(
                Rig.class,
                key -> {
                  try {
                    return Rig.start();
                  } catch (Exception e) {
                    throw new IllegalStateException(e);
                  }
                },
                Rig.class);
  }

  static RouterLimits requestsWithin(RouterLimits limits, Duration patience) {
    return limits.withPatience(limits.patience().withRequest(patience, patience));
  }

  private static Rig rig() {
    return Objects.requireNonNull(shared);
  }

  static Router router() {
    return rig().router();
  }

  static DocumentedAnswers document() {
    return rig().document();
  }

  /** Where Kafka is. */
  public static String broker() {
    return rig().broker().address();
  }

  static ScriptedWorker worker() {
    return rig().worker();
  }

  static ActorSystem<Void> system() {
    return rig().system();
  }

  static RouterOptions options() {
    return options(rig().broker());
  }

  private static RouterOptions options(TestBroker broker) {
    return RouterOptions.of(broker.address()).withHttp("localhost", 0);
  }

  /** A second router, with figures of its own. */
  static Router start(RouterLimits limits) throws RouterException {
    return start(limits, new SimpleMeterRegistry());
  }

  static Router start(RouterLimits limits, MeterRegistry metrics) throws RouterException {
    Router router = Router.start(system(), options().withLimits(limits), metrics);
    await().atMost(20, SECONDS).until(router::ready);
    return router;
  }

  static HttpResponse<String> turn(String prompt) throws Exception {
    return post("/v1/completions", "{'prompt':'" + prompt + "'}");
  }

  static HttpResponse<String> post(String path, String body) throws Exception {
    return send(request(router(), path, body));
  }

  static HttpResponse<String> get(String path) throws Exception {
    return send(HttpRequest.newBuilder(uri(router(), path)));
  }

  /** What is answered is what the API's document says, whatever else a test wants of it. */
  static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> answer = CLIENT.send(request.build(), BodyHandlers.ofString());
    document().check(answer, answer.request().toString());
    return answer;
  }

  static HttpRequest.Builder request(Router at, String path, String body) {
    return HttpRequest.newBuilder(uri(at, path))
        .timeout(Duration.ofSeconds(30))
        .header("content-type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(json(body)));
  }

  static URI uri(Router at, String path) {
    return URI.create("http://127.0.0.1:" + at.address().getPort() + path);
  }

  static String json(String withApostrophes) {
    return withApostrophes.replace('\'', '"');
  }

  static Socket raw(String body) throws Exception {
    return raw(router(), body);
  }

  /** A client that the test can read from or not, and close, as it likes. */
  static Socket raw(Router at, String body) throws Exception {
    return raw(at, "HTTP/1.1", body);
  }

  static Socket raw(Router at, String version, String body) throws Exception {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), at.address().getPort());
    socket.setSoTimeout(10_000);
    byte[] bytes = json(body).getBytes(StandardCharsets.UTF_8);
    OutputStream out = socket.getOutputStream();
    out.write(
        ("POST /v1/completions "
                + version
                + "\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: "
                + bytes.length
                + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII));
    out.write(bytes);
    out.flush();
    return socket;
  }

  static void readUntil(Socket socket, String text) throws Exception {
    InputStream in = socket.getInputStream();
    StringBuilder seen = new StringBuilder();
    while (seen.indexOf(text) < 0) {
      int next = in.read();
      assertThat(next).as("stream ended after " + seen).isNotNegative();
      seen.append((char) next);
    }
  }

  static void assertError(
      HttpResponse<String> response,
      int status,
      String type,
      @Nullable String code,
      @Nullable String param)
      throws Exception {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    JsonNode error = JSON.readTree(response.body()).path("error");
    assertThat(error.path("type").asText()).isEqualTo(type);
    assertThat(error.path("code").textValue()).isEqualTo(code);
    assertThat(error.path("param").textValue()).isEqualTo(param);
    assertThat(error.path("message").asText()).endsWith(".");
  }

  static String idOf(String event) {
    return event.startsWith("id: ") ? event.substring(4, event.indexOf('\n')) : "";
  }

  static JsonNode dataOf(String event) throws Exception {
    return JSON.readTree(event.substring(event.indexOf("data: ") + 6));
  }

  static String text(String stream, String pointer) throws Exception {
    StringBuilder text = new StringBuilder();
    for (String event : stream.split("\n\n")) {
      if (event.contains("data: {")) {
        text.append(dataOf(event).at(pointer).asText());
      }
    }
    return text.toString();
  }

  static Request read(ConsumerRecord<byte[], byte[]> record) {
    try {
      return Request.parseFrom(record.value());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  static ConsumerRecord<byte[], byte[]> requestOf(String session) {
    return awaited(
        () -> worker().requests.stream().filter(r -> read(r).getSession().equals(session)));
  }

  static ConsumerRecord<byte[], byte[]> requestById(String id) {
    return awaited(() -> worker().requests.stream().filter(r -> read(r).getRequestId().equals(id)));
  }

  static ConsumerRecord<byte[], byte[]> cancelOf(String id) {
    return awaited(() -> worker().cancels.stream().filter(r -> names(r, id)));
  }

  static ConsumerRecord<byte[], byte[]> awaited(
      Supplier<Stream<ConsumerRecord<byte[], byte[]>>> records) {
    await().atMost(15, SECONDS).until(() -> records.get().findFirst().isPresent());
    return records.get().findFirst().orElseThrow();
  }

  static long cancels(String id) {
    return worker().cancels.stream().filter(r -> names(r, id)).count();
  }

  static boolean names(ConsumerRecord<byte[], byte[]> record, String id) {
    try {
      return Control.parseFrom(record.value()).getRequestId().equals(id);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  static double running() {
    return METRICS.get("skein.num.requests.running").gauge().value();
  }
}
