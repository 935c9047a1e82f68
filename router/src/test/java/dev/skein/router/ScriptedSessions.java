package dev.skein.router;

import com.google.protobuf.ByteString;
import dev.skein.proto.ChatMessage;
import dev.skein.proto.End;
import dev.skein.proto.Failure;
import dev.skein.proto.Manifest;
import dev.skein.proto.Position;
import dev.skein.proto.Request;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Shards;
import dev.skein.proto.Slot;
import dev.skein.proto.Topics;
import dev.skein.proto.Transcript;
import dev.skein.proto.TurnRef;
import dev.skein.proto.Wire;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** What a {@link ScriptedWorker} stores of sessions: manifests, snapshots and transcripts. */
final class ScriptedSessions {
  private final KafkaProducer<byte[], byte[]> producer;
  private final Topics topics;
  private final int shards;
  private final Map<String, Manifest> manifests = new ConcurrentHashMap<>();
  private final Set<String> done = ConcurrentHashMap.newKeySet();

  ScriptedSessions(KafkaProducer<byte[], byte[]> producer, Topics topics, int shards) {
    this.producer = producer;
    this.topics = topics;
    this.shards = shards;
  }

  /** The snapshot that the session of this name gets. */
  static byte[] snapshot(String session, int bytes) {
    byte[] snapshot = new byte[bytes];
    Arrays.fill(snapshot, (byte) session.hashCode());
    return snapshot;
  }

  /** The newest of a session. */
  Manifest manifest(String session) {
    return Objects.requireNonNull(manifests.get(session));
  }

  /** The session forgets all that it has read. */
  void beginAnew(String session) {
    manifests.computeIfPresent(
        session,
        (name, before) -> before.toBuilder().setAnewAfter(before.getHead()).clearHead().build());
  }

  /** One more turn of a session, with a snapshot in two chunks and a transcript. */
  void store(Request request, String session, int bytes) throws Exception {
    Manifest before = manifests.getOrDefault(session, Manifest.getDefaultInstance());
    int turn = before.getNextTurn();
    byte[] snapshot = snapshot(session, bytes);
    Slot.Builder slot =
        Slot.newBuilder()
            .setSlot(3)
            .setPosition(Position.newBuilder().setTurn(turn).setIndex(2))
            .setBytes(bytes)
            .setTokensRead(before.getTokensRead() + 10)
            .setDigest(ByteString.copyFrom(MessageDigest.getInstance("SHA-256").digest(snapshot)));
    int half = bytes / 2;
    slot.addChunkOffsets(
        write(topics.states(), session, session + "/3/0", Arrays.copyOf(snapshot, half)));
    slot.addChunkOffsets(
        write(
            topics.states(), session, session + "/3/1", Arrays.copyOfRange(snapshot, half, bytes)));
    Transcript.Builder said =
        Transcript.newBuilder()
            .setSession(session)
            .setTurn(turn)
            .setRequestId(request.getRequestId())
            .addMessages(ChatMessage.newBuilder().setRole("user").setContent("word " + turn))
            .addPrompt(5)
            .addDrawn(6)
            .setText(" answer " + turn)
            .setFinishReason("stop");
    if (before.hasHead()) {
      said.setParent(before.getHead());
    } else if (before.hasAnewAfter()) {
      said.setAnewAfter(before.getAnewAfter());
    }
    long at =
        write(topics.transcripts(), session, session + "/" + turn, said.build().toByteArray());
    put(
        before.toBuilder()
            .setSession(session)
            .setModel(request.getModel())
            .setFingerprint(ScriptedPool.fingerprint(request.getModel()))
            .setNextTurn(turn + 1)
            .setPosition(Position.newBuilder().setTurn(turn).setIndex(2))
            .setTokensRead(before.getTokensRead() + 10)
            .clearSlots()
            .addSlots(slot)
            .setUpdatedMs(1_700_000_000_000L)
            .setHead(TurnRef.newBuilder().setSession(session).setTurn(turn).setTranscriptFrom(at))
            .build());
    write(
        topics.manifests(),
        session,
        Wire.SHARD_KEY,
        ShardRecord.newBuilder().setOwner("worker-7").setEpoch(41).build().toByteArray());
  }

  private void put(Manifest manifest) throws Exception {
    manifests.put(manifest.getSession(), manifest);
    write(topics.manifests(), manifest.getSession(), manifest.getSession(), manifest.toByteArray());
  }

  private long write(String topic, String session, String key, byte[] value) throws Exception {
    return producer
        .send(
            new ProducerRecord<>(
                topic, Shards.of(session, shards), key.getBytes(StandardCharsets.UTF_8), value))
        .get(20, TimeUnit.SECONDS)
        .offset();
  }

  /** Does what a request of another kind than generating asks for. */
  End operate(Request request, String session) throws Exception {
    if (!done.add(session + " " + request.getRequestId())) {
      return End.newBuilder().setFinishReason("stop").setRepeatOf(0).build();
    }
    Manifest of = manifests.get(session);
    return switch (request.getKind()) {
      case KIND_IMPORT -> {
        put(
            Manifest.newBuilder()
                .setSession(session)
                .setModel(request.getModel())
                .setTokensRead(request.getFile().getBytes())
                .setNextTurn(request.getFile().getChunkOffsetsCount())
                .build());
        yield ok();
      }
      default ->
          of == null || of.getDeleted()
              ? failed("session_not_found", "there is no session '" + session + "'")
              : change(request, of);
    };
  }

  private End change(Request request, Manifest of) throws Exception {
    switch (request.getKind()) {
      case KIND_FORK -> {
        if (manifests.containsKey(request.getTarget())) {
          return failed(
              "session_exists", "there is a session '" + request.getTarget() + "' already");
        }
        put(of.toBuilder().setSession(request.getTarget()).build());
      }
      case KIND_REWIND -> {
        if (request.getParentTurn() >= of.getNextTurn()) {
          return failed("turn_not_found", "there is no turn " + request.getParentTurn());
        }
        put(
            of.toBuilder()
                .setPosition(Position.newBuilder().setTurn(request.getParentTurn()))
                .build());
      }
      case KIND_DELETE -> put(of.toBuilder().setDeleted(true).build());
      default -> {
        return failed("unsupported_parameter", "that kind of request is not known");
      }
    }
    return ok();
  }

  private static End ok() {
    return End.newBuilder().setFinishReason("stop").build();
  }

  private static End failed(String code, String message) {
    return End.newBuilder()
        .setFinishReason("error")
        .setError(Failure.newBuilder().setCode(code).setMessage(message))
        .build();
  }
}
