package dev.skein.router;

import static dev.skein.router.RouterRig.JSON;
import static dev.skein.router.RouterRig.assertError;
import static dev.skein.router.RouterRig.awaited;
import static dev.skein.router.RouterRig.cancels;
import static dev.skein.router.RouterRig.dataOf;
import static dev.skein.router.RouterRig.post;
import static dev.skein.router.RouterRig.raw;
import static dev.skein.router.RouterRig.read;
import static dev.skein.router.RouterRig.readUntil;
import static dev.skein.router.RouterRig.request;
import static dev.skein.router.RouterRig.requestById;
import static dev.skein.router.RouterRig.router;
import static dev.skein.router.RouterRig.send;
import static dev.skein.router.RouterRig.start;
import static dev.skein.router.RouterRig.worker;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.proto.Request;
import java.net.Socket;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code return_state}: a session is begun for a client that has no name for one. */
@ExtendWith(RouterRig.class)
class RouterReturnStateTest {
  private static final String BODY = "{'prompt':'count 2','return_state':true";

  private static String session(HttpResponse<String> answer) throws Exception {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body()).path("session").asText();
  }

  private static HttpResponse<String> named(String id, String body) throws Exception {
    return send(request(router(), "/v1/completions", body).header("Idempotency-Key", id));
  }

  @Test
  void theAnswerSaysWhichSessionHoldsItsState() throws Exception {
    HttpResponse<String> answer = post("/v1/completions", BODY + "}");
    String id = answer.headers().firstValue("x-request-id").orElseThrow();
    assertThat(session(answer)).isEqualTo("state-" + id);
    Request asked = read(requestById(id));
    assertThat(asked.getSession()).isEqualTo("state-" + id);
    assertThat(asked.getEphemeral()).isFalse();
    assertThat(session(post("/v1/completions", BODY + "}"))).isNotEqualTo("state-" + id);
  }

  @Test
  void everyChunkOfAStreamSaysIt() throws Exception {
    HttpResponse<String> answer = post("/v1/completions", BODY + ",'stream':true}");
    String id = answer.headers().firstValue("x-request-id").orElseThrow();
    String[] events = answer.body().split("\n\n");
    assertThat(events).hasSizeGreaterThan(2);
    for (int i = 0; i < events.length - 1; i++) {
      assertThat(dataOf(events[i]).path("session").asText()).isEqualTo("state-" + id);
    }
  }

  @Test
  void sentAgainUnderItsNameItIsTheSameTurnOfTheSameSession() throws Exception {
    assertThat(session(named("keeps-1", BODY + "}"))).isEqualTo("state-keeps-1");
    assertThat(session(named("keeps-1", BODY + "}"))).isEqualTo("state-keeps-1");
  }

  @Test
  void aSessionThatHasANameIsToldBackAndNothingWithoutTheWish() throws Exception {
    assertThat(session(post("/v1/completions", BODY + ",'session':'mine'}"))).isEqualTo("mine");
    JsonNode plain =
        JSON.readTree(post("/v1/completions", "{'prompt':'count 2','session':'mine'}").body());
    assertThat(plain.has("session")).isFalse();
    assertError(
        post("/v1/completions", "{'prompt':['a','b'],'return_state':true}"),
        400,
        "invalid_request_error",
        null,
        "prompt");
  }

  @Test
  void whoLeavesWithoutANameForTheTurnEndsItAtOnce() throws Exception {
    try (Router patient = start(RouterLimits.defaults())) {
      try (Socket client = raw(patient, "{'prompt':'hang 7','return_state':true,'stream':true}")) {
        readUntil(client, "data: {");
      }
      String id =
          read(awaited(() ->
              worker().requests.stream().filter(r -> read(r).getPrompt().equals("hang 7"))))
              .getRequestId();
      await().atMost(5, SECONDS).until(() -> cancels(id) > 0);
    }
  }
}
