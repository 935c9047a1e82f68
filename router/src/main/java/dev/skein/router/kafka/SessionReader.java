package dev.skein.router.kafka;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.skein.proto.Manifest;
import dev.skein.proto.Request;
import dev.skein.proto.RequestNumbers;
import dev.skein.proto.Shards;
import dev.skein.proto.Slot;
import dev.skein.proto.StateFile;
import dev.skein.proto.Topics;
import dev.skein.proto.Transcript;
import dev.skein.proto.TurnRef;
import dev.skein.router.RouterOptions;
import dev.skein.router.sessions.SessionLog;
import dev.skein.router.sessions.SessionRow;
import dev.skein.router.sessions.SessionTable;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Stored sessions, read from their pool's topics by key and offset. */
final class SessionReader implements SessionLog, AutoCloseable {
  private static final int SNAPSHOT_BYTES_MAX = 512 << 20;
  private static final long TRANSCRIPT_BYTES_MAX = 16L << 20;
  private static final int TURNS_WALKED_MAX = 100_000;

  private final Topics topics;
  private final SessionTable table = new SessionTable();
  private final ManifestTail tail;
  private final RecordFetcher records;
  private final CopiedIndex copied = new CopiedIndex();
  private final ImportPublisher imports;

  /** A reader that reads nothing before it is asked. */
  SessionReader(RouterOptions options, Topics topics) {
    this.topics = topics;
    this.tail = new ManifestTail(options, topics, table);
    this.records = new RecordFetcher(options, topics);
    this.imports = new ImportPublisher(options, topics);
  }

  /** Follows the manifests from now on, and not only when somebody asks. */
  void follow() {
    tail.follow();
  }

  @Override
  public SessionTable table() {
    return table;
  }

  @Override
  public CompletionStage<SessionTable> current() {
    return tail.current();
  }

  @Override
  public CompletionStage<SessionTable> known() {
    return tail.known();
  }

  @Override
  public CompletionStage<SessionTable> until(BooleanSupplier wish) {
    return tail.until(wish);
  }

  @Override
  public CompletionStage<@Nullable Manifest> manifest(String name, @Nullable SessionRow row) {
    byte[] key = name.getBytes(StandardCharsets.UTF_8);
    return records.<@Nullable Manifest>run(fetcher -> {
      if (tail.isBehind()) {
        return searched(fetcher, name, key);
      }
      long offset = row == null ? table.offsetBeyond(name) : row.offset();
      if (offset < 0) {
        return null;
      }
      ConsumerRecord<byte[], byte[]> there =
          fetcher.read(partition(topics.manifests(), name), offset, key);
      return there == null ? searched(fetcher, name, key) : parsed(there);
    });
  }

  @Override
  public SessionRow row(String name, Manifest manifest) {
    return SessionRow.of(name, manifest, partition(topics.manifests(), name).partition(), -1);
  }

  /** The table is behind, or says the place of another session: a whole partition is read. */
  private @Nullable Manifest searched(RecordFetcher fetcher, String name, byte[] key)
      throws UnavailableException, InvalidProtocolBufferException {
    List<ConsumerRecord<byte[], byte[]>> newest = new ArrayList<>(1);
    fetcher.first(
        partition(topics.manifests(), name),
        0,
        record -> {
          if (Arrays.equals(record.key(), key)) {
            newest.clear();
            newest.add(record);
          }
          return false;
        });
    return newest.isEmpty() ? null : parsed(newest.getFirst());
  }

  private TopicPartition partition(String topic, String name) {
    return new TopicPartition(topic, Shards.of(name, Math.max(1, tail.shards())));
  }

  private static @Nullable Manifest parsed(@Nullable ConsumerRecord<byte[], byte[]> record)
      throws InvalidProtocolBufferException {
    byte @Nullable [] value = record == null ? null : record.value();
    Manifest manifest = value == null ? null : Manifest.parseFrom(value);
    return manifest == null || manifest.getDeleted() ? null : manifest;
  }

  @Override
  public CompletionStage<ByteString> snapshot(String name, Manifest manifest) {
    return records.run(fetcher ->
        manifest.getSlotsCount() == 0
            ? ByteString.EMPTY
            : snapshot(fetcher, name, manifest.getSlots(manifest.getSlotsCount() - 1)));
  }

  private ByteString snapshot(RecordFetcher fetcher, String name, Slot slot)
      throws UnavailableException, SnapshotGoneException {
    if (slot.getBytes() < 0 || slot.getBytes() > SNAPSHOT_BYTES_MAX) {
      throw new SnapshotGoneException("its length is not one of a snapshot");
    }
    ByteString.Output bytes = ByteString.newOutput((int) slot.getBytes());
    MessageDigest digest = sha256();
    TopicPartition partition = partition(topics.states(), name);
    for (int chunk = 0; chunk < slot.getChunkOffsetsCount(); chunk++) {
      byte[] key = utf8(name + "/" + slot.getSlot() + "/" + chunk);
      ConsumerRecord<byte[], byte[]> record =
          fetcher.read(partition, slot.getChunkOffsets(chunk), key);
      if (record == null) {
        record = inCopy(fetcher, partition, key);
      }
      byte @Nullable [] value = record == null ? null : record.value();
      if (value == null) {
        throw new SnapshotGoneException("chunk " + chunk + " was overwritten or compacted away");
      }
      digest.update(value);
      bytes.write(value, 0, value.length);
    }
    if (bytes.size() != slot.getBytes()
        || !Arrays.equals(digest.digest(), slot.getDigest().toByteArray())) {
      throw new SnapshotGoneException("it does not have its manifest's digest");
    }
    return bytes.toByteString();
  }

  /** What was noted with the offset of another topic, from which this one was copied. */
  private @Nullable ConsumerRecord<byte[], byte[]> inCopy(
      RecordFetcher fetcher, TopicPartition partition, byte[] key) throws UnavailableException {
    if (table.copy(partition.partition()) == null) {
      return null;
    }
    long at = copied.find(fetcher, partition, key, ConsumerRecord::key);
    return at < 0 ? null : fetcher.read(partition, at, key);
  }

  @Override
  public CompletionStage<Turns> turns(Manifest manifest, String readable, TurnRange range) {
    return records.run(fetcher -> turns(fetcher, manifest, readable, range));
  }

  private Turns turns(RecordFetcher fetcher, Manifest manifest, String readable, TurnRange range)
      throws UnavailableException, InvalidProtocolBufferException {
    List<Transcript> found = new ArrayList<>();
    long bytes = 0;
    Integer below = range.below();
    @Nullable TurnRef at = manifest.hasHead() ? manifest.getHead() : null;
    for (int walked = 0; at != null && walked < TURNS_WALKED_MAX; walked++) {
      if (found.size() == range.limit() || bytes > TRANSCRIPT_BYTES_MAX) {
        return new Turns(found, true, true);
      }
      Transcript turn = turn(fetcher, at, readable);
      if (turn == null) {
        return new Turns(found, false, false);
      }
      if (below == null || turn.getTurn() < below) {
        found.add(turn);
        bytes += turn.getSerializedSize();
      }
      at = before(turn);
    }
    return new Turns(found, at != null, true);
  }

  /** What the session has forgotten was said all the same. */
  private static @Nullable TurnRef before(Transcript turn) {
    if (turn.hasParent()) {
      return turn.getParent();
    }
    return turn.hasAnewAfter() ? turn.getAnewAfter() : null;
  }

  private @Nullable Transcript turn(RecordFetcher fetcher, TurnRef at, String readable)
      throws UnavailableException, InvalidProtocolBufferException {
    String session = at.getSession();
    if (session.isEmpty() || at.getTranscriptFrom() < 0 || !session.startsWith(readable)) {
      return null;
    }
    byte[] key = utf8(session + "/" + Integer.toUnsignedString(at.getTurn()));
    TopicPartition partition = partition(topics.transcripts(), session);
    Transcript there = transcript(inCopy(fetcher, partition, key));
    if (there != null && there.getChain().equals(at.getChain())) {
      return there;
    }
    return transcript(
        fetcher.first(
            partition, at.getTranscriptFrom(), candidate -> Arrays.equals(candidate.key(), key)));
  }

  private static @Nullable Transcript transcript(@Nullable ConsumerRecord<byte[], byte[]> record)
      throws InvalidProtocolBufferException {
    byte @Nullable [] value = record == null ? null : record.value();
    return value == null ? null : Transcript.parseFrom(value);
  }

  @Override
  public CompletionStage<@Nullable Request> request(String name, String id, long number) {
    return records.<@Nullable Request>run(fetcher -> {
      TopicPartition partition = partition(topics.requests(), name);
      RequestNumbers numbers = table.copy(partition.partition());
      long offset = numbers == null ? number : numbers.offset(number);
      Request there = request(fetcher.read(partition, offset, utf8(name)), id);
      if (there != null || numbers == null) {
        return there;
      }
      long at = copied.find(fetcher, partition, requestName(name, id), SessionReader::requestName);
      return at < 0 ? null : request(fetcher.read(partition, at, utf8(name)), id);
    });
  }

  private static @Nullable Request request(
      @Nullable ConsumerRecord<byte[], byte[]> record, String id)
      throws InvalidProtocolBufferException {
    byte @Nullable [] value = record == null ? null : record.value();
    Request request = value == null ? null : Request.parseFrom(value);
    return request == null || !request.getRequestId().equals(id) ? null : request;
  }

  private static byte @Nullable [] requestName(ConsumerRecord<byte[], byte[]> record) {
    byte[] key = record.key();
    try {
      return key == null
          ? null
          : requestName(
              new String(key, StandardCharsets.UTF_8),
              Request.parseFrom(record.value()).getRequestId());
    } catch (InvalidProtocolBufferException e) {
      return null; // of another writer
    }
  }

  /** An id is unique in its session only. */
  private static byte[] requestName(String session, String id) {
    return utf8(session + '\n' + id);
  }

  @Override
  public CompletionStage<StateFile> upload(String name, String requestId, byte[] file) {
    return imports.write(name, requestId, file);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256.", e);
    }
  }

  @Override
  public void close() {
    tail.close();
    records.close();
    imports.close();
  }
}
