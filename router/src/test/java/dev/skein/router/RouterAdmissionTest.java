package dev.skein.router;

import static dev.skein.router.RouterRig.CLIENT;
import static dev.skein.router.RouterRig.JSON;
import static dev.skein.router.RouterRig.LIMITS;
import static dev.skein.router.RouterRig.assertError;
import static dev.skein.router.RouterRig.options;
import static dev.skein.router.RouterRig.read;
import static dev.skein.router.RouterRig.requestById;
import static dev.skein.router.RouterRig.requestOf;
import static dev.skein.router.RouterRig.system;
import static dev.skein.router.RouterRig.uri;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.proto.Request;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Keys, tenants and quotas, on a router of their own beside the usual one. */
@ExtendWith(RouterRig.class)
class RouterAdmissionTest {
  private static final List<String> TENANTS =
      List.of(
          "tenant acme",
          "tenant birds",
          "tenant few requests_per_minute=2",
          "tenant hasty requests_per_minute=1",
          "tenant words tokens_per_minute=3",
          "tenant lanes streams=1",
          "tenant shelf sessions=1",
          "tenant bytes state_bytes=1000",
          "tenant old suspended");

  @TempDir static Path folder;
  private static Router guarded;

  @BeforeAll
  static void start() throws Exception {
    Path keys = folder.resolve("keys");
    StringBuilder text = new StringBuilder("# tenants of this test\n");
    for (String tenant : TENANTS) {
      String name = tenant.split(" ")[1];
      text.append(tenant)
          .append("\nkey ")
          .append(name)
          .append(" sha256:")
          .append(sha(name + "-key"));
      text.append('\n');
    }
    text.append("key acme sha256:").append(sha("acme-reader")).append(" access=read\n");
    Files.writeString(keys, text);
    guarded =
        Router.start(
            system(),
            options().withLimits(LIMITS).withSecurity(new RouterSecurity(keys, null, null)),
            new SimpleMeterRegistry());
    await().atMost(20, SECONDS).until(guarded::ready);
  }

  @AfterAll
  static void stop() {
    guarded.close();
  }

  private static String sha(String key) throws Exception {
    return HexFormat.of()
        .formatHex(
            MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8)));
  }

  private static HttpRequest.Builder as(String key, String path) {
    return HttpRequest.newBuilder(uri(guarded, path)).header("Authorization", "Bearer " + key);
  }

  private static HttpResponse<String> get(String key, String path) throws Exception {
    return CLIENT.send(as(key, path).build(), BodyHandlers.ofString());
  }

  private static HttpRequest asking(String key, String path, String body) {
    return as(key, path)
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(RouterRig.json(body)))
        .build();
  }

  private static HttpResponse<String> post(String key, String path, String body) throws Exception {
    return CLIENT.send(asking(key, path, body), BodyHandlers.ofString());
  }

  private static void store(String key, String session) throws Exception {
    HttpResponse<String> answer =
        post(key, "/v1/completions", "{'prompt':'store 2000','session':'" + session + "'}");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  @Test
  void whoIsRefusedMayWriteTheirBodyFirst() throws Exception {
    String head = "POST /v1/completions HTTP/1.1\r\nContent-Type: application/json";
    String hasty = head + "\r\nAuthorization: Bearer hasty-key";
    try (SlowWriter client = new SlowWriter(guarded)) {
      assertThat(client.ask(head, "{}")).startsWith("HTTP/1.1 401");
      assertThat(client.ask(hasty, "{}")).startsWith("HTTP/1.1 400");
      assertThat(client.ask(hasty, "{}")).startsWith("HTTP/1.1 429");
    }
  }

  @Test
  void withoutAKnownKeyThereIsNothing() throws Exception {
    HttpResponse<String> none =
        CLIENT.send(
            HttpRequest.newBuilder(uri(guarded, "/v1/models")).build(), BodyHandlers.ofString());
    assertError(none, 401, "authentication_error", "invalid_api_key", null);
    assertThat(none.headers().firstValue("www-authenticate")).contains("Bearer");
    assertThat(none.headers().firstValue("x-should-retry")).contains("false");
    for (String path : List.of("/v1/models", "/v1/sessions", "/v1/sessions/x/export", "/", "/x")) {
      assertError(get("acme-keyy", path), 401, "authentication_error", "invalid_api_key", null);
    }
    assertError(
        post("wrong", "/v1/completions", "{'prompt':'count 1'}"),
        401,
        "authentication_error",
        "invalid_api_key",
        null);
    assertThat(get("acme-key", "/v1/models").statusCode()).isEqualTo(200);
  }

  @Test
  void aKeyMayBeKnownAndNotAllowed() throws Exception {
    assertThat(get("acme-reader", "/v1/models").statusCode()).isEqualTo(200);
    assertError(
        post("acme-reader", "/v1/completions", "{'prompt':'count 1'}"),
        403,
        "permission_error",
        "not_allowed",
        null);
    assertError(get("old-key", "/v1/models"), 403, "permission_error", "not_allowed", null);
  }

  @Test
  void namesOnTheBusAreTheTenants() throws Exception {
    post("acme-key", "/v1/completions", "{'prompt':'count 1','session':'named'}");
    Request request = read(requestOf("@acme/named"));
    assertThat(request.getTenant()).isEqualTo("acme");
    HttpResponse<String> answer =
        CLIENT.send(
            HttpRequest.newBuilder(
                    asking("acme-key", "/v1/completions", "{'prompt':'count 1'}"), (n, v) -> true)
                .header("Idempotency-Key", "mine-1")
                .build(),
            BodyHandlers.ofString());
    assertThat(answer.headers().firstValue("x-request-id")).contains("mine-1");
    requestById("@acme/mine-1");
  }

  @Test
  void nobodyElsesSessionIsThere() throws Exception {
    store("acme-key", "secret");
    assertThat(get("acme-key", "/v1/sessions/secret").statusCode()).isEqualTo(200);
    for (String path : List.of("", "/transcript", "/export")) {
      for (String name : List.of("secret", "@acme%2Fsecret", "..%2F@acme%2Fsecret")) {
        HttpResponse<String> answer = get("birds-key", "/v1/sessions/" + name + path);
        assertError(answer, 404, "invalid_request_error", "session_not_found", "id");
      }
    }
    for (String path : List.of("/fork", "/rewind")) {
      HttpResponse<String> answer =
          post("birds-key", "/v1/sessions/secret" + path, "{'turn':0,'session':'loot'}");
      assertError(answer, 404, "invalid_request_error", "session_not_found", null);
      assertThat(answer.body()).contains("'secret'").doesNotContain("@birds");
    }
    HttpResponse<String> deleted =
        CLIENT.send(
            as("birds-key", "/v1/sessions/secret").DELETE().build(), BodyHandlers.ofString());
    assertThat(deleted.statusCode()).isEqualTo(404);
    assertThat(get("birds-key", "/v1/sessions?limit=1000").body()).doesNotContain("secret");
    assertThat(get("acme-key", "/v1/sessions?limit=1000").body())
        .contains("\"id\":\"secret\"")
        .doesNotContain("@acme");
    store("birds-key", "secret");
    JsonNode own = JSON.readTree(get("birds-key", "/v1/sessions/secret").body());
    assertThat(own.path("next_turn").asInt()).as("a session of their own").isEqualTo(1);
    assertThat(get("acme-key", "/v1/sessions/secret").statusCode()).isEqualTo(200);
  }

  @Test
  void nobodyElsesStreamIsTakenOver() throws Exception {
    String body = "{'prompt':'hang 2','stream':true,'request_id':'live-1'}";
    CompletableFuture<HttpResponse<String>> owner =
        CLIENT.sendAsync(asking("acme-key", "/v1/completions", body), BodyHandlers.ofString());
    requestById("@acme/live-1");
    HttpResponse<String> thief =
        CLIENT.send(
            HttpRequest.newBuilder(asking("birds-key", "/v1/completions", body), (n, v) -> true)
                .header("Last-Event-ID", "7.0.0.0")
                .build(),
            BodyHandlers.ofString());
    assertThat(thief.statusCode()).isEqualTo(503);
    assertThat(owner.get(20, SECONDS).body()).contains("\"text\":\" 0\"", "stream_interrupted");
  }

  @Test
  void quotasAreNamedAndSayWhenToComeAgain() throws Exception {
    get("few-key", "/v1/models");
    get("few-key", "/v1/models");
    HttpResponse<String> third = get("few-key", "/v1/models");
    assertError(third, 429, "rate_limit_error", "requests_per_minute", null);
    assertThat(Integer.parseInt(third.headers().firstValue("retry-after").orElseThrow()))
        .isBetween(1, 30);

    assertThat(post("words-key", "/v1/completions", "{'prompt':'count 9'}").statusCode())
        .isEqualTo(200);
    HttpResponse<String> more = post("words-key", "/v1/completions", "{'prompt':'count 1'}");
    assertError(more, 429, "rate_limit_error", "tokens_per_minute", null);
    assertThat(Integer.parseInt(more.headers().firstValue("retry-after").orElseThrow()))
        .isGreaterThan(60);
  }

  @Test
  void oneMoreStreamThanMayBeWaits() throws Exception {
    CompletableFuture<HttpResponse<String>> first =
        CLIENT.sendAsync(
            asking("lanes-key", "/v1/completions", "{'prompt':'silent','request_id':'lane-1'}"),
            BodyHandlers.ofString());
    requestById("@lanes/lane-1");
    assertError(
        post("lanes-key", "/v1/completions", "{'prompt':'count 1'}"),
        429,
        "rate_limit_error",
        "streams",
        null);
    assertThat(first.get(20, SECONDS).statusCode()).isEqualTo(503);
    assertThat(post("lanes-key", "/v1/completions", "{'prompt':'count 1'}").statusCode())
        .isEqualTo(200);
  }

  @Test
  void storageIsLimitedToo() throws Exception {
    store("shelf-key", "one");
    assertThat(get("shelf-key", "/v1/sessions").body()).contains("\"one\"");
    store("shelf-key", "one");
    HttpResponse<String> second =
        post("shelf-key", "/v1/completions", "{'prompt':'store 10','session':'two'}");
    assertError(second, 429, "rate_limit_error", "sessions", null);
    assertThat(second.headers().firstValue("retry-after")).contains("60");
    assertError(
        post("shelf-key", "/v1/sessions/one/fork", "{'session':'two'}"),
        429,
        "rate_limit_error",
        "sessions",
        null);

    store("bytes-key", "one");
    assertThat(get("bytes-key", "/v1/sessions").body()).contains("\"one\"");
    assertError(
        post("bytes-key", "/v1/completions", "{'prompt':'store 10','session':'two'}"),
        429,
        "rate_limit_error",
        "state_bytes",
        null);
  }

  @Test
  void onlyKeysOpenAnAddressBeyondLoopback() throws Exception {
    assertThatThrownBy(() ->
            Router.start(system(), options().withHttp("0.0.0.0", 0), new SimpleMeterRegistry()))
        .isInstanceOf(RouterException.class)
        .hasMessageContaining("--api-keys");
    try (Router open =
        Router.start(
            system(),
            options()
                .withHttp("0.0.0.0", 0)
                .withSecurity(new RouterSecurity(folder.resolve("keys"), null, null)),
            new SimpleMeterRegistry())) {
      HttpResponse<String> answer =
          CLIENT.send(
              HttpRequest.newBuilder(uri(open, "/v1/models")).build(), BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(401);
    }
  }

  @Test
  void theApiSpeaksTls() throws Exception {
    TestCertificate made = TestCertificate.make(folder, "EC");
    RouterSecurity security =
        new RouterSecurity(
            folder.resolve("keys"), made.files().certificate(), made.files().privateKey());
    try (Router secured =
            Router.start(system(), options().withSecurity(security), new SimpleMeterRegistry());
        HttpClient client =
            HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(made.client())
                .build()) {
      String place = "localhost:" + secured.address().getPort() + "/v1/sessions";
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create("https://" + place))
              .header("Authorization", "Bearer acme-key");
      assertThat(client.send(request.build(), BodyHandlers.ofString()).statusCode()).isEqualTo(200);
      assertThatThrownBy(() ->
              client.send(
                  HttpRequest.newBuilder(URI.create("http://" + place)).build(),
                  BodyHandlers.ofString()))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void aHeadThatTricklesInIsCutOff() throws Exception {
    try (Router impatient = RouterRig.start(RouterRig.IMPATIENT);
        Socket slow = new Socket(InetAddress.getLoopbackAddress(), impatient.address().getPort())) {
      slow.setSoTimeout(100);
      slow.getOutputStream()
          .write("GET /v1/models HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII));
      await().atMost(10, SECONDS).until(() -> trickledUntilClosed(slow));
      HttpResponse<String> other =
          CLIENT.send(
              HttpRequest.newBuilder(uri(impatient, "/v1/models")).build(),
              BodyHandlers.ofString());
      assertThat(other.statusCode()).isEqualTo(200);
    }
  }

  private static boolean trickledUntilClosed(Socket socket) throws Exception {
    try {
      socket.getOutputStream().write('x');
      socket.getOutputStream().flush();
      return socket.getInputStream().read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (SocketException e) {
      return true;
    }
  }
}
