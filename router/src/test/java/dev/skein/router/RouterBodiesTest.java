package dev.skein.router;

import static dev.skein.router.RouterRig.CLIENT;
import static dev.skein.router.RouterRig.JSON;
import static dev.skein.router.RouterRig.router;
import static dev.skein.router.RouterRig.uri;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bodies that are no requests: the right status, a sentence for their sender, and nothing left. */
@ExtendWith(RouterRig.class)
class RouterBodiesTest {
  private static final String RIGHT = "{\"prompt\":\"count 1\"}";

  record Body(String what, byte[] bytes, int status, String says) {
    static Body of(String what, String text, int status, String says) {
      return new Body(what, text.getBytes(StandardCharsets.UTF_8), status, says);
    }

    @Override
    public String toString() {
      return what;
    }
  }

  static Stream<Body> bodies() {
    byte[] notUtf8 = RIGHT.replace("count", "c\u0001unt").getBytes(StandardCharsets.ISO_8859_1);
    notUtf8[RIGHT.indexOf("unt") - 1] = (byte) 0xC3;
    byte[] cutCharacter = "{\"prompt\":\"\u00e4".getBytes(StandardCharsets.UTF_8);
    return Stream.of(
        Body.of("right", RIGHT, 200, ""),
        Body.of("empty", "", 400, ""),
        Body.of("blank", "  \n ", 400, ""),
        Body.of("cut", RIGHT.substring(0, 12), 400, "ends too early"),
        Body.of("no JSON", "prompt=x", 400, "not valid JSON"),
        Body.of("two values", RIGHT + RIGHT, 400, "something follows its end"),
        Body.of("a list", "[" + RIGHT + "]", 400, "must be a JSON object"),
        Body.of("a field twice", "{\"prompt\":\"a\",\"prompt\":\"b\"}", 400, "prompt"),
        Body.of("deep lists", "{\"a\":" + "[".repeat(100_000), 400, "depth"),
        Body.of("deep objects", "{\"a\":".repeat(100_000), 400, "depth"),
        Body.of(
            "deep and whole", "{\"a\":" + "[".repeat(500) + "]".repeat(500) + "}", 400, "depth"),
        Body.of("a long number", "{\"seed\":" + "9".repeat(200_000) + "}", 400, ""),
        Body.of("an exponent", "{\"seed\":1e999999999}", 400, ""),
        Body.of("a long name", "{\"" + "a".repeat(100_000) + "\":1}", 400, ""),
        Body.of("a NUL", "{\"prompt\":\"a\u0000b\"}", 400, "line 1"),
        Body.of("too large", "{\"prompt\":\"" + "x".repeat(2_000_000) + "\"}", 413, "larger"),
        new Body("bytes that are no UTF-8", notUtf8, 400, ""),
        new Body(
            "half a character", Arrays.copyOf(cutCharacter, cutCharacter.length - 1), 400, ""));
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void getTheRightStatus(Body body) throws Exception {
    for (String path : new String[] {"/v1/completions", "/v1/chat/completions", "/v1/responses"}) {
      if (body.status == 200 && !path.equals("/v1/completions")) {
        continue;
      }
      var answer =
          CLIENT.send(
              HttpRequest.newBuilder(uri(router(), path))
                  .header("content-type", "application/json")
                  .timeout(Duration.ofSeconds(20))
                  .POST(BodyPublishers.ofByteArray(body.bytes))
                  .build(),
              BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(body.status);
      if (body.status != 200) {
        String message = JSON.readTree(answer.body()).at("/error/message").asText();
        assertThat(message).contains(body.says).hasSizeBetween(10, 300);
        assertThat(message).doesNotContain("Source").doesNotContain("`").doesNotContain("jackson");
      }
    }
  }

  @Test
  void aBodyThatTricklesInIsNotWaitedFor() throws Exception {
    try (Router impatient = RouterRig.start(RouterRig.IMPATIENT);
        Socket slow = new Socket(InetAddress.getLoopbackAddress(), impatient.address().getPort())) {
      slow.setSoTimeout(10_000);
      slow.getOutputStream()
          .write(
              ("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                      + "Content-Length: 1000\r\n\r\n{")
                  .getBytes(StandardCharsets.US_ASCII));
      StringBuilder heard = new StringBuilder();
      await()
          .atMost(10, SECONDS)
          .until(() -> {
            slow.getOutputStream().write(' ');
            slow.getOutputStream().flush();
            while (slow.getInputStream().available() > 0) {
              heard.append((char) slow.getInputStream().read());
            }
            return heard.indexOf("}}") > 0;
          });
      assertThat(heard.toString())
          .startsWith("HTTP/1.1 408 ")
          .contains("\"code\":\"request_timeout\"");
    }
  }

  static Stream<String> answeredWithoutTheirBody() {
    return Stream.of(
        "POST /v1/completions HTTP/1.1\r\nContent-Type: text/plain",
        "PUT /v1/completions HTTP/1.1\r\nContent-Type: application/json",
        "POST /nothing HTTP/1.1\r\nContent-Type: application/json",
        "PUT /v1/sessions/none HTTP/1.1\r\nContent-Type: application/json",
        "PUT /v1/responses/none HTTP/1.1\r\nContent-Type: application/json");
  }

  @ParameterizedTest
  @MethodSource("answeredWithoutTheirBody")
  void aBodyThatIsNotWantedCostsNoConnection(String head) throws Exception {
    try (SlowWriter client = new SlowWriter(router())) {
      for (int i = 0; i < 2; i++) {
        assertThat(client.ask(head, "{} ")).startsWith("HTTP/1.1 4");
      }
    }
  }
}
