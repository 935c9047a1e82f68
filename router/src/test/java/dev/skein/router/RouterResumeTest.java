package dev.skein.router;

import static dev.skein.router.RouterRig.assertError;
import static dev.skein.router.RouterRig.idOf;
import static dev.skein.router.RouterRig.request;
import static dev.skein.router.RouterRig.router;
import static dev.skein.router.RouterRig.send;
import static dev.skein.router.RouterRig.start;
import static dev.skein.router.RouterRig.text;
import static dev.skein.router.RouterRig.worker;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers that are read from Kafka: because nothing is pushed, or because a client comes back. */
@ExtendWith(RouterRig.class)
class RouterResumeTest {
  private static final String MUTE = "{'prompt':'mute 3000','stream':true%s}";

  @ParameterizedTest
  @ValueSource(strings = {"", ",'session':'mute'"})
  void aRouterServesThroughKafkaAloneAndAnyOtherGoesOn(String session) throws Exception {
    try (Router first = start(RouterLimits.defaults());
        Router second = start(RouterLimits.defaults())) {
      String body = MUTE.formatted(session);
      HttpResponse<String> whole = send(request(first, "/v1/completions", body));
      String id = whole.headers().firstValue("x-request-id").orElseThrow();
      List<String> events = Arrays.asList(whole.body().split("\n\n"));
      assertThat(events.stream().filter(e -> !idOf(e).isEmpty())).hasSize(3001);
      assertThat(events.getLast()).isEqualTo("data: [DONE]");
      long published = worker().requests.size();

      for (int seen : List.of(0, 1234, 2999)) {
        HttpResponse<String> rest = send(resuming(second, body, id, idOf(events.get(seen))));
        List<String> missed = events.subList(seen + 1, events.size());
        List<String> got = Arrays.asList(rest.body().split("\n\n"));
        assertThat(got.stream().map(RouterRig::idOf).toList())
            .as("after event %d", seen)
            .isEqualTo(missed.stream().map(RouterRig::idOf).toList());
        assertThat(text(rest.body(), "/choices/0/text"))
            .isEqualTo(text(String.join("\n\n", missed), "/choices/0/text"));
      }
      HttpResponse<String> nothing = send(resuming(second, body, id, idOf(events.get(3000))));
      assertThat(nothing.statusCode()).isEqualTo(200);
      assertThat(nothing.body()).isEqualTo("data: [DONE]\n\n");
      assertThat(worker().requests).as("nothing is asked for again").hasSize((int) published);
    }
  }

  @Test
  void anIdThatIsNoneAndARequestWithoutNameAreRefused() throws Exception {
    String body = MUTE.formatted("");
    assertError(
        send(resuming(router(), body, "r-1", "seven")),
        400,
        "invalid_request_error",
        null,
        "Last-Event-ID");
    assertError(
        send(request(router(), "/v1/completions", body).header("Last-Event-ID", "0.0.1.7")),
        400,
        "invalid_request_error",
        null,
        "Last-Event-ID");
  }

  private static HttpRequest.Builder resuming(Router at, String body, String id, String lastEvent) {
    return request(at, "/v1/completions", body)
        .header("Idempotency-Key", id)
        .header("Last-Event-ID", lastEvent);
  }
}
