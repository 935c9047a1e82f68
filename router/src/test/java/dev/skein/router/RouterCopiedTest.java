package dev.skein.router;

import static dev.skein.router.RouterRig.CLIENT;
import static dev.skein.router.RouterRig.JSON;
import static dev.skein.router.RouterRig.post;
import static dev.skein.router.RouterRig.uri;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.proto.End;
import dev.skein.proto.Manifest;
import dev.skein.proto.Request;
import dev.skein.proto.SessionFile;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Shards;
import dev.skein.proto.Shift;
import dev.skein.proto.Slot;
import dev.skein.proto.Started;
import dev.skein.proto.TokenEvent;
import dev.skein.proto.Topics;
import dev.skein.proto.Wire;
import dev.skein.router.openai.responses.ResponseId;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * In topics that were copied record by record everything is found that was noted with the offsets
 * of other topics; in others nobody searches for what does not lie where it was noted.
 */
@ExtendWith(RouterRig.class)
class RouterCopiedTest {
  private static final int BYTES = 900;
  private static final long FAR = 1_000_000;

  private final Topics topics = Topics.main();
  private KafkaProducer<byte[], byte[]> producer;
  private Router router;

  @BeforeEach
  void anotherRouter() throws Exception {
    producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", RouterRig.broker()),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    router = RouterRig.start(RouterRig.LIMITS);
  }

  @AfterEach
  void close() {
    producer.close();
    router.close();
  }

  @Test
  void aSessionIsReadWhereverItsRecordsLie() throws Exception {
    moved("copied");
    owned("copied", true);
    SessionFile file = SessionFile.parse(get("/v1/sessions/copied/export").body());
    assertThat(file.snapshot().toByteArray()).isEqualTo(ScriptedSessions.snapshot("copied", BYTES));
    JsonNode turns = JSON.readTree(get("/v1/sessions/copied/transcript").body());
    assertThat(turns.at("/data")).hasSize(2);
    assertThat(turns.path("complete").asBoolean(true)).isTrue();
  }

  @Test
  void elsewhereNobodySearches() throws Exception {
    moved("original");
    owned("original", false);
    HttpResponse<byte[]> answer = get("/v1/sessions/original/export");
    assertThat(answer.statusCode()).as(new String(answer.body(), UTF_8)).isEqualTo(503);
    JsonNode turns = JSON.readTree(get("/v1/sessions/original/transcript").body());
    assertThat(turns.at("/data")).isEmpty();
  }

  @Test
  void whatAResponseWasAskedForWithIsFoundByItsNumberAndByItsName() throws Exception {
    String body = "{'input':'silent','background':true}";
    String id = JSON.readTree(post("/v1/responses", body).body()).path("id").asText();
    ResponseId name = Objects.requireNonNull(ResponseId.parse(id));
    ConsumerRecord<byte[], byte[]> asked = RouterRig.requestById(name.requestId());
    begunAndEnded(RouterRig.read(asked), asked.offset() + FAR);
    for (long from : new long[] {0, asked.offset() + 1}) {
      shard(
          name.session(),
          ShardRecord.newBuilder()
              .setCopiedEpoch(2)
              .addShifts(Shift.newBuilder().setFrom(from).setMore(FAR)));
      HttpResponse<byte[]> items = get("/v1/responses/" + id + "/input_items");
      assertThat(items.statusCode()).as(new String(items.body(), UTF_8)).isEqualTo(200);
      assertThat(JSON.readTree(items.body()).at("/data/0/content/0/text").asText())
          .isEqualTo("silent");
    }
    owned(name.session(), false);
    assertThat(get("/v1/responses/" + id + "/input_items").statusCode()).isEqualTo(404);
  }

  /** A session of two turns whose manifest was written where everything lay further back. */
  private void moved(String session) throws Exception {
    for (int i = 0; i < 2; i++) {
      String body = "{'session':'" + session + "','prompt':'store " + BYTES + "'}";
      assertThat(post("/v1/completions", body).statusCode()).isEqualTo(200);
    }
    Manifest.Builder manifest = RouterRig.worker().manifest(session).toBuilder();
    Slot.Builder slot = manifest.getSlotsBuilder(0);
    for (int i = 0; i < slot.getChunkOffsetsCount(); i++) {
      slot.setChunkOffsets(i, slot.getChunkOffsets(i) + FAR);
    }
    manifest.getHeadBuilder().setTranscriptFrom(FAR);
    write(topics.manifests(), session, session, manifest.build().toByteArray());
  }

  private void owned(String session, boolean isCopied) throws Exception {
    shard(session, ShardRecord.newBuilder().setCopiedEpoch(isCopied ? 2 : 0));
  }

  private void shard(String session, ShardRecord.Builder record) throws Exception {
    record.setOwner("worker-7").setEpoch(41);
    write(topics.manifests(), session, Wire.SHARD_KEY, record.build().toByteArray());
  }

  private void begunAndEnded(Request request, long number) throws Exception {
    TokenEvent event =
        TokenEvent.newBuilder()
            .setSession(request.getSession())
            .setRequestId(request.getRequestId())
            .setEpoch(1)
            .build();
    Started.Builder started =
        Started.newBuilder().setAttempt(1).setNote(request.getNote()).setRequestOffset(number);
    End.Builder end = End.newBuilder().setFinishReason("stop");
    for (TokenEvent told :
        List.of(
            event.toBuilder().setStarted(started).build(), event.toBuilder().setEnd(end).build())) {
      write(topics.tokens(), request.getSession(), request.getSession(), told.toByteArray());
    }
  }

  private void write(String topic, String session, String key, byte[] value) throws Exception {
    int shard = Shards.of(session, ScriptedWorker.SHARDS);
    producer.send(new ProducerRecord<>(topic, shard, key.getBytes(UTF_8), value)).get(20, SECONDS);
  }

  private HttpResponse<byte[]> get(String path) throws Exception {
    return CLIENT.send(
        HttpRequest.newBuilder(uri(router, path)).build(), BodyHandlers.ofByteArray());
  }
}
