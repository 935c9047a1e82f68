package dev.skein.router;

import static dev.skein.router.RouterRig.CLIENT;
import static dev.skein.router.RouterRig.LIMITS;
import static dev.skein.router.RouterRig.METRICS;
import static dev.skein.router.RouterRig.assertError;
import static dev.skein.router.RouterRig.cancelOf;
import static dev.skein.router.RouterRig.dataOf;
import static dev.skein.router.RouterRig.get;
import static dev.skein.router.RouterRig.options;
import static dev.skein.router.RouterRig.post;
import static dev.skein.router.RouterRig.raw;
import static dev.skein.router.RouterRig.readUntil;
import static dev.skein.router.RouterRig.request;
import static dev.skein.router.RouterRig.router;
import static dev.skein.router.RouterRig.send;
import static dev.skein.router.RouterRig.start;
import static dev.skein.router.RouterRig.system;
import static dev.skein.router.RouterRig.turn;
import static dev.skein.router.RouterRig.uri;
import static dev.skein.router.RouterRig.worker;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a client gets when something is wrong. */
@ExtendWith(RouterRig.class)
class RouterErrorsTest {
  @Test
  void silenceBeforeTheFirstTokenIs503() throws Exception {
    for (String stream : List.of("true", "false")) {
      HttpResponse<String> response =
          post("/v1/completions", "{'prompt':'silent','stream':" + stream + "}");
      assertError(response, 503, "server_error", "unavailable", null);
      assertThat(response.headers().firstValue("retry-after")).contains("2");
      assertThat(response.headers().firstValue("x-should-retry")).isEmpty();
      cancelOf(newestIdOf("silent"));
    }
  }

  @Test
  void silenceInAStreamIsKeptAliveAndThenAnErrorEvent() throws Exception {
    HttpResponse<String> response = post("/v1/completions", "{'prompt':'hang 2','stream':true}");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).contains(": keep-alive\n\n").doesNotContain("[DONE]");
    String[] events = response.body().split("\n\n");
    JsonNode last = dataOf(events[events.length - 1]);
    assertThat(last.at("/error/code").asText()).isEqualTo("stream_interrupted");
    assertThat(last.at("/error/type").asText()).isEqualTo("server_error");
    cancelOf(newestIdOf("hang 2"));
  }

  private static String newestIdOf(String prompt) {
    return worker().requests.stream()
        .map(RouterRig::read)
        .filter(r -> r.getPrompt().equals(prompt))
        .reduce((earlier, later) -> later)
        .orElseThrow()
        .getRequestId();
  }

  @Test
  void whatAWorkerRefusesIsAnErrorOfTheApi() throws Exception {
    assertError(
        turn("fail invalid_request"), 400, "invalid_request_error", "invalid_request", null);
    assertError(
        turn("fail model_not_found"), 404, "invalid_request_error", "model_not_found", null);
    assertError(
        turn("fail start_state_not_found"),
        400,
        "invalid_request_error",
        "start_state_not_found",
        null);
    HttpResponse<String> broken = turn("fail engine");
    assertError(broken, 500, "server_error", "engine", null);
    assertThat(broken.headers().firstValue("x-should-retry")).contains("false");
    HttpResponse<String> busy = turn("end session_busy");
    assertError(busy, 429, "rate_limit_error", "session_busy", null);
    assertThat(busy.headers().firstValue("retry-after")).isPresent();
    assertThat(busy.body()).as("what to do").contains("ask again when one has ended");
    assertError(turn("end quarantined"), 500, "server_error", "quarantined", null);
    assertError(turn("repeat"), 400, "invalid_request_error", "request_repeated", null);
  }

  @Test
  void wrongRequestsAreRefusedByName() throws Exception {
    String chat = "/v1/chat/completions";
    assertError(post(chat, "{'messages':[]}"), 400, "invalid_request_error", null, "messages");
    assertError(
        post(chat, "{'messages':[{'role':'user','content':[{'type':'image_url'}]}]}"),
        400,
        "invalid_request_error",
        null,
        "messages[0].content[0]");
    assertError(
        post("/v1/completions", "{'prompt':'count 1','temperature':'hot'}"),
        400,
        "invalid_request_error",
        null,
        "temperature");
    assertError(
        post("/v1/completions", "{'prompt':'count 1','model':'gone'}"),
        404,
        "invalid_request_error",
        "model_not_found",
        "model");
    assertError(
        post("/v1/completions", "{'prompt':'" + "x".repeat(930_000) + "'}"),
        413,
        "invalid_request_error",
        "request_too_large",
        null);
    assertError(
        post("/v1/completions", "{'prompt':'" + "x".repeat(3_000_000) + "'}"),
        413,
        "invalid_request_error",
        "request_too_large",
        null);
    HttpRequest form =
        HttpRequest.newBuilder(uri(router(), "/v1/completions"))
            .POST(HttpRequest.BodyPublishers.ofString("prompt=x"))
            .header("content-type", "application/x-www-form-urlencoded")
            .build();
    assertThat(CLIENT.send(form, BodyHandlers.ofString()).statusCode()).isEqualTo(415);
  }

  @Test
  void unknownPathsAndMethodsAreAnsweredInJson() throws Exception {
    assertError(get("/v1/nothing"), 404, "invalid_request_error", "unknown_url", null);
    HttpResponse<String> wrong = get("/v1/completions");
    assertError(wrong, 405, "invalid_request_error", "method_not_allowed", null);
    assertThat(wrong.headers().firstValue("allow")).contains("POST");
    assertThat(get("/").body()).contains("/v1/chat/completions");
  }

  @Test
  void aFullRouterAnswers429AndTheSameRequestIsNotRunTwiceAtOnce() throws Exception {
    try (Router small = start(LIMITS.withStreams(1, 64))) {
      try (Socket socket = raw(small, "{'prompt':'hang 1','stream':true,'session':'full'}")) {
        readUntil(socket, " 0");
        HttpResponse<String> response =
            send(request(small, "/v1/completions", "{'prompt':'count 1'}"));
        assertError(response, 429, "rate_limit_error", "too_many_requests", null);
        assertThat(response.headers().firstValue("retry-after")).isPresent();
      }
    }
    try (Socket socket =
        raw("{'prompt':'hang 1','stream':true,'session':'same','request_id':'same-1'}")) {
      readUntil(socket, " 0");
      HttpResponse<String> response =
          post("/v1/completions", "{'prompt':'count 1','session':'same','request_id':'same-1'}");
      assertError(response, 429, "rate_limit_error", "request_in_progress", null);
      assertThat(response.headers().firstValue("retry-after")).isPresent();
      assertThat(response.body()).as("what to do").contains("ask again when", "Last-Event-ID");
    }
  }

  @Test
  void withoutKafkaTheRouterIsNotReadyAndSaysSo() throws Exception {
    RouterOptions nowhere = RouterOptions.of("127.0.0.1:1").withHttp("localhost", 0);
    try (Router alone = Router.start(system(), nowhere, new SimpleMeterRegistry())) {
      assertThat(alone.ready()).isFalse();
      HttpResponse<String> response =
          send(request(alone, "/v1/completions", "{'prompt':'count 1'}"));
      assertError(response, 503, "server_error", "unavailable", null);
      assertThat(response.headers().firstValue("retry-after")).isPresent();
    }
  }

  @Test
  void onlyFreeLoopbackAddressesAreListenedOn() throws Exception {
    assertThatThrownBy(() -> Router.start(system(), options().withHttp("0.0.0.0", 0), METRICS))
        .isInstanceOf(RouterException.class)
        .hasMessageContaining("Without API keys");
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() ->
              Router.start(
                  system(), options().withHttp("127.0.0.1", taken.getLocalPort()), METRICS))
          .isInstanceOf(RouterException.class)
          .hasMessageContaining("the port is taken");
    }
  }

  @Test
  void whatIsNoRequestGetsAnErrorOfTheApiToo() throws Exception {
    assertThat(spoken("GET / HTTP/1.1\r\nHost: x\r\nNo Name: x\r\n\r\n"))
        .startsWith("HTTP/1.1 400 ")
        .contains("\"code\":\"malformed_request\"");
    assertThat(spoken("GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + "x".repeat(9_000) + "\r\n\r\n"))
        .startsWith("HTTP/1.1 431 ")
        .contains("\"code\":\"headers_too_large\"");
    assertThat(spoken("GET /" + "x".repeat(9_000) + " HTTP/1.1\r\nHost: x\r\n\r\n"))
        .startsWith("HTTP/1.1 414 ")
        .contains("\"code\":\"url_too_long\"");
  }

  private static String spoken(String request) throws Exception {
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), router().address().getPort())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      StringBuilder heard = new StringBuilder();
      for (int next = 0; next >= 0 && heard.indexOf("}}") < 0; ) {
        next = socket.getInputStream().read();
        heard.append((char) next);
      }
      return heard.toString();
    }
  }
}
