package dev.skein.store;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.skein.proto.Manifest;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Finds the newest committed manifest of a session of one shard.
 *
 * @param table where manifests lie, by session
 * @param ahead what was read of them before the shard came here
 * @param copiedEpoch manifests of earlier epochs tell offsets of other topics
 */
record CommittedManifests(
    String topic, int shard, ShardLog log, ManifestTable table, ReadAhead ahead, int copiedEpoch) {

  /** Null for a session that is not known. */
  @Nullable Manifest find(String session) throws StoreException {
    byte[] key = key(session);
    long offset = table.find(key);
    return offset < 0 ? null : parsed(session, record(key, offset));
  }

  /** A session's manifest was committed there. */
  void committed(String session, long offset) {
    table.put(key(session), offset);
  }

  private static byte[] key(String session) {
    return session.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * The record that the table points to, or, if that is another session's, the right one from the
   * whole log.
   */
  private @Nullable LogRecord record(byte[] key, long offset) throws StoreException {
    LogRecord near = ahead.manifest(offset);
    LogRecord found = near == null ? log.read(topic, shard, offset) : near;
    if (found != null && found.hasKey(key)) {
      return found;
    }
    AtomicReference<@Nullable LogRecord> newest = new AtomicReference<>();
    log.scan(
        topic,
        0,
        true,
        other -> {
          if (other.hasKey(key)) {
            newest.set(other);
          }
        });
    LogRecord right = newest.get();
    table.pin(key, right == null ? -1 : right.offset());
    return right;
  }

  private @Nullable Manifest parsed(String session, @Nullable LogRecord found)
      throws StoreException {
    byte[] value = found == null ? null : found.value();
    if (value == null) {
      return null;
    }
    try {
      Manifest manifest = Manifest.parseFrom(value);
      return manifest.getEpoch() < copiedEpoch ? CopiedLog.resumed(manifest) : manifest;
    } catch (InvalidProtocolBufferException e) {
      throw new StoreException("The manifest of session " + session + " cannot be read.", e);
    }
  }
}
