package dev.skein.router;

import static dev.skein.router.RouterRig.cancels;
import static dev.skein.router.RouterRig.raw;
import static dev.skein.router.RouterRig.readUntil;
import static dev.skein.router.RouterRig.request;
import static dev.skein.router.RouterRig.requestOf;
import static dev.skein.router.RouterRig.router;
import static dev.skein.router.RouterRig.send;
import static dev.skein.router.RouterRig.start;
import static dev.skein.router.RouterRig.worker;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.skein.proto.Control;
import dev.skein.proto.Wire;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A request that is sent again is not run again. */
@ExtendWith(RouterRig.class)
class RouterRetryTest {
  private static final String PATH = "/v1/completions";
  private static final String COUNT = "X-Stainless-Retry-Count";

  private static long published(String session) {
    return requests(session).size();
  }

  private static HttpResponse<String> counted(String body, String count) throws Exception {
    return send(request(router(), PATH, body).header(COUNT, count));
  }

  @Test
  void aClientThatOnlyCountsItsRetriesGetsTheAnswerToItsFirstTry() throws Exception {
    String body = "{'prompt':'mute 5','session':'counted'}";
    HttpResponse<String> first = counted(body, "0");
    HttpResponse<String> again = counted(body, "1");
    assertThat(again.statusCode()).as(again.body()).isEqualTo(200);
    assertThat(RouterRig.JSON.readTree(again.body()).path("choices"))
        .isEqualTo(RouterRig.JSON.readTree(first.body()).path("choices"))
        .isNotEmpty();
    assertThat(again.headers().firstValue("x-request-id"))
        .isEqualTo(first.headers().firstValue("x-request-id"));
    assertThat(published("counted")).isEqualTo(1);
    counted(body, "0");
    assertThat(published("counted")).as("said anew, it is a new turn").isEqualTo(2);
  }

  @Test
  void whatFailedIsRunWhenItIsSentAgain() throws Exception {
    String body = "{'prompt':'fail unavailable','session':'failing'}";
    assertThat(counted(body, "0").statusCode()).isEqualTo(503);
    assertThat(counted(body, "1").statusCode()).isEqualTo(503);
    assertThat(published("failing")).isEqualTo(2);
  }

  @Test
  void aRequestWithAnIdGetsItsFirstTurnFromTheLog() throws Exception {
    String body = "{'prompt':'mute 4','session':'named','request_id':'named-1'}";
    HttpResponse<String> first = send(request(router(), PATH, body));
    try (Router other = start(RouterRig.LIMITS)) {
      HttpResponse<String> again = send(request(other, PATH, body));
      assertThat(again.statusCode()).as(again.body()).isEqualTo(200);
      assertThat(RouterRig.JSON.readTree(again.body()).path("choices"))
          .isEqualTo(RouterRig.JSON.readTree(first.body()).path("choices"))
          .isNotEmpty();
    }
  }

  @Test
  void aClientThatComesBackAtOnceFindsItsTurnGoingOn() throws Exception {
    String body = "{'prompt':'muteslow 3','session':'back','request_id':'back-1','stream':true}";
    try (Socket leaving = raw(body)) {
      readUntil(leaving, " 2");
    }
    await()
        .atMost(10, SECONDS)
        .until(() -> {
          HttpResponse<String> again = send(request(router(), PATH, body));
          return again.statusCode() == 200
              && again.body().contains(" 0")
              && again.body().endsWith("data: [DONE]\n\n");
        });
    assertThat(published("back")).isEqualTo(1);
    assertThat(cancels("back-1")).isZero();
  }

  @Test
  void aClientThatGoesToAnotherRouterTakesItsTurnWithIt() throws Exception {
    String body = "{'prompt':'mutetalk 3','session':'moved','request_id':'moved-1','stream':true}";
    try (Socket leaving = raw(body)) {
      readUntil(leaving, " 2");
    }
    try (Router other = start(RouterRig.LIMITS)) {
      try (Socket here = raw(other, body)) {
        readUntil(here, " 5");
        String first = header(requestOf("moved"));
        assertThat(routerOf(RouterRig.cancelOf("moved-1"))).isEqualTo(first);
        await().atMost(10, SECONDS).until(() -> cancels("moved-1") >= 2);
        readUntil(here, " 80"); // It would have ended at the second cancel.
        assertThat(published("moved")).isEqualTo(2);
      }
      String second = header(requests("moved").getLast());
      await()
          .atMost(10, SECONDS)
          .until(() -> worker().cancels.stream().anyMatch(r -> routerOf(r).equals(second)));
    }
  }

  private static List<ConsumerRecord<byte[], byte[]>> requests(String session) {
    return worker().requests.stream()
        .filter(r -> RouterRig.read(r).getSession().equals(session))
        .toList();
  }

  private static String header(ConsumerRecord<byte[], byte[]> request) {
    return new String(request.headers().lastHeader(Wire.PUSH).value(), StandardCharsets.UTF_8);
  }

  private static String routerOf(ConsumerRecord<byte[], byte[]> cancel) {
    try {
      return Control.parseFrom(cancel.value()).getCancel().getRouter();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aClientThatStaysAwayHasItsTurnCancelled() throws Exception {
    String body = "{'prompt':'hang 1','session':'away','request_id':'away-1','stream':true}";
    try (Socket leaving = raw(body)) {
      readUntil(leaving, " 0");
    }
    requestOf("away");
    assertThat(RouterRig.cancelOf("away-1")).isNotNull();
  }

  @Test
  void oneThatNamesItsRequestMayStayAwayLongerThanOneThatOnlyCounts() throws Exception {
    RouterLimits limits =
        RouterRig.LIMITS.withPatience(
            RouterRig.LIMITS
                .patience()
                .withComingBack(Duration.ofSeconds(60), Duration.ofMillis(200)));
    try (Router patient = start(limits)) {
      String named = "{'prompt':'hang 1','session':'long','request_id':'long-1','stream':true}";
      try (Socket leaving = raw(patient, named)) {
        readUntil(leaving, " 0");
      }
      String plain = "{'prompt':'hang 1','session':'short','stream':true}";
      try (Socket leaving = raw(patient, "HTTP/1.1\r\n" + COUNT + ": 0", plain)) {
        readUntil(leaving, " 0");
      }
      assertThat(RouterRig.cancelOf(RouterRig.read(requestOf("short")).getRequestId())).isNotNull();
      assertThat(cancels("long-1")).isZero();
    }
  }
}
