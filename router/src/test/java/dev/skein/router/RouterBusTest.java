package dev.skein.router;

import static dev.skein.router.RouterRig.LIMITS;
import static dev.skein.router.RouterRig.cancelOf;
import static dev.skein.router.RouterRig.cancels;
import static dev.skein.router.RouterRig.post;
import static dev.skein.router.RouterRig.raw;
import static dev.skein.router.RouterRig.read;
import static dev.skein.router.RouterRig.readUntil;
import static dev.skein.router.RouterRig.request;
import static dev.skein.router.RouterRig.requestById;
import static dev.skein.router.RouterRig.requestOf;
import static dev.skein.router.RouterRig.router;
import static dev.skein.router.RouterRig.running;
import static dev.skein.router.RouterRig.send;
import static dev.skein.router.RouterRig.start;
import static dev.skein.router.RouterRig.worker;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.skein.proto.Control;
import dev.skein.proto.Request;
import dev.skein.proto.Shards;
import dev.skein.proto.Wire;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the bus sees of clients that ask, and of clients that leave. */
@ExtendWith(RouterRig.class)
class RouterBusTest {
  @Test
  void aSessionsRequestGoesToItsShardUnderItsKey() throws Exception {
    for (String way : List.of("body", "header")) {
      String session = "alice-" + way;
      HttpRequest.Builder call =
          request(
              router(),
              "/v1/completions",
              way.equals("body")
                  ? "{'prompt':'count 1','session':'alice-body','seed':-3,'temperature':0.5}"
                  : "{'prompt':'count 1','seed':-3,'temperature':0.5}");
      if (way.equals("header")) {
        call.header("Skein-Session", session).header("Idempotency-Key", "key-1");
      }
      assertThat(send(call).statusCode()).isEqualTo(200);
      ConsumerRecord<byte[], byte[]> record = requestOf(session);
      assertThat(record.partition()).isEqualTo(Shards.of(session, ScriptedWorker.SHARDS));
      assertThat(new String(record.key(), StandardCharsets.UTF_8)).isEqualTo(session);
      assertThat(
              new String(
                  record.headers().lastHeader(Wire.CONTENT_TYPE).value(), StandardCharsets.UTF_8))
          .isEqualTo(Wire.PROTOBUF);
      Request request = Request.parseFrom(record.value());
      assertThat(request.getEphemeral()).isFalse();
      assertThat(request.getModel()).isEqualTo(ScriptedWorker.MODEL);
      assertThat(request.getSeed()).isEqualTo(-3L);
      assertThat(request.getMaxTokens()).isEqualTo(1_024);
      assertThat(request.getSampling().getTemperature()).isEqualTo(0.5f);
      assertThat(request.getSampling().hasTopP()).isFalse();
      if (way.equals("header")) {
        assertThat(request.getRequestId()).isEqualTo("key-1");
      } else {
        assertThat(request.getRequestId()).matches("[0-9a-f]{32}");
      }
    }
  }

  @Test
  void requestsWithoutASessionAreEphemeralAndSpread() throws Exception {
    for (int i = 0; i < 8; i++) {
      post("/v1/completions", "{'prompt':'count 1 " + i + " spread'}");
    }
    List<ConsumerRecord<byte[], byte[]>> records =
        worker().requests.stream().filter(r -> read(r).getPrompt().endsWith("spread")).toList();
    assertThat(records).hasSize(8).allMatch(r -> r.key() == null && read(r).getEphemeral());
    assertThat(records.stream().map(ConsumerRecord::partition).distinct()).hasSizeGreaterThan(1);
  }

  @Test
  void aStreamingClientThatLeavesCancelsItsTurn() throws Exception {
    try (Router patient = start(RouterLimits.defaults())) {
      try (Socket socket =
          raw(patient, "{'prompt':'pace 150','stream':true,'request_id':'leaves-1'}")) {
        readUntil(socket, " 2");
      }
      cancelOf("leaves-1");
    }
    ConsumerRecord<byte[], byte[]> cancel = cancelOf("leaves-1");
    ConsumerRecord<byte[], byte[]> request = requestById("leaves-1");
    assertThat(cancel.partition()).isEqualTo(request.partition());
    assertThat(Control.parseFrom(cancel.value()).getSession())
        .isEqualTo("~" + request.partition() + "-" + request.offset());
    assertThat(cancels("leaves-1")).isEqualTo(1);
  }

  @Test
  void aClientThatWaitsForAWholeAnswerAndLeavesCancelsItsTurn() throws Exception {
    try (Router patient = start(RouterLimits.defaults())) {
      try (Socket socket =
          raw(patient, "{'prompt':'pace 150','session':'bob','request_id':'leaves-2'}")) {
        requestById("leaves-2");
        assertThat(cancels("leaves-2")).isZero();
        assertThat(socket.isClosed()).isFalse();
      }
      cancelOf("leaves-2");
    }
    ConsumerRecord<byte[], byte[]> cancel = cancelOf("leaves-2");
    assertThat(new String(cancel.key(), StandardCharsets.UTF_8)).isEqualTo("bob");
    assertThat(cancel.partition()).isEqualTo(Shards.of("bob", ScriptedWorker.SHARDS));
  }

  @Test
  void aClientThatWillCloseItsConnectionGetsItsAnswerFirst() throws Exception {
    for (String head : List.of("HTTP/1.1\r\nConnection: close", "HTTP/1.0")) {
      for (boolean stream : new boolean[] {true, false}) {
        String body = "{'prompt':'count 50','stream':" + stream + "}";
        try (Socket socket = raw(router(), head, body)) {
          String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
          assertThat(all).contains(" 200 OK", " 49", stream ? "data: [DONE]" : "finish_reason");
        }
      }
    }
  }

  @Test
  void aBackgroundTurnGoesOnWhenItsClientLeaves() throws Exception {
    try (Socket socket =
        raw("{'prompt':'hang 1','stream':true,'background':true,'request_id':'leaves-3'}")) {
      readUntil(socket, " 0");
    }
    await().atMost(5, SECONDS).until(() -> running() == 0);
    assertThat(cancels("leaves-3")).isZero();
  }

  @Test
  void aClientThatDoesNotReadIsCutOffAndCancelled() throws Exception {
    MeterRegistry metrics = new SimpleMeterRegistry();
    try (Router small = start(LIMITS.withStreams(1_024, 64), metrics)) {
      try (Socket socket =
          raw(small, "{'prompt':'flood 30000','stream':true,'request_id':'slow-1'}")) {
        cancelOf("slow-1");
        assertThat(metrics.get("skein.slow.clients").counter().count()).isEqualTo(1);
        assertThat(socket.isConnected()).isTrue();
      }
    }
  }
}
