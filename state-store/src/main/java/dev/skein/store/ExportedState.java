package dev.skein.store;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.skein.proto.Manifest;
import dev.skein.proto.Snapshot;
import dev.skein.proto.StateFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A session's state as a file: {@code SKEINEX1}, length of the manifest (4 bytes), manifest, length
 * of the snapshot (8 bytes), snapshot, SHA-256 of everything before it. Numbers are big endian; a
 * session that was never stored has a snapshot of length 0, and all that it read in the manifest's
 * tail.
 *
 * @param manifest of the head
 * @param snapshot the state of the manifest's newest slot, or null
 */
public record ExportedState(Manifest manifest, @Nullable Snapshot snapshot) {

  private static final byte[] MAGIC = "SKEINEX1".getBytes(StandardCharsets.US_ASCII);
  private static final int DIGEST_BYTES = 32;
  private static final int CHUNKS_MAX = 4_096;

  /** Reads one from its records, and trusts none of them. */
  static ExportedState load(StateFile file, SnapshotChunks.Source source)
      throws StoreException, SnapshotUnavailableException {
    int chunks = file.getChunkOffsetsCount();
    if (chunks > CHUNKS_MAX || file.getBytes() < 0 || file.getBytes() > Integer.MAX_VALUE - 8) {
      throw new SnapshotUnavailableException("The file to be imported is larger than 2 GB.");
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) file.getBytes());
    for (long offset : file.getChunkOffsetsList()) {
      LogRecord record = source.read(offset);
      byte[] chunk = record == null ? null : record.value();
      if (chunk == null || chunk.length > bytes.remaining()) {
        throw new SnapshotUnavailableException(
            "The file to be imported is not whole: one of its records is gone, or is another.");
      }
      bytes.put(chunk);
    }
    byte[] all = bytes.array();
    if (bytes.hasRemaining()
        || !Arrays.equals(sha256(all, all.length), file.getDigest().toByteArray())) {
      throw new SnapshotUnavailableException(
          "The file to be imported does not have the length and digest that were announced.");
    }
    return parse(all);
  }

  /**
   * Reads the bytes of a file.
   *
   * @throws SnapshotUnavailableException with a sentence, if they are none
   */
  public static ExportedState parse(byte[] file) throws SnapshotUnavailableException {
    int body = file.length - DIGEST_BYTES;
    if (body < MAGIC.length + 12 || !startsWithMagic(file)) {
      throw new SnapshotUnavailableException("This is no exported session of Skein.");
    }
    if (!Arrays.equals(sha256(file, body), Arrays.copyOfRange(file, body, file.length))) {
      throw new SnapshotUnavailableException(
          "The exported session is damaged: its checksum does not fit.");
    }
    ByteBuffer in = ByteBuffer.wrap(file, MAGIC.length, body - MAGIC.length);
    try {
      Manifest manifest = Manifest.parseFrom(cut(in, in.getInt()));
      ByteBuffer state = cut(in, in.getLong());
      Snapshot snapshot = state.hasRemaining() ? Snapshot.parseFrom(state) : null;
      return new ExportedState(manifest, snapshot);
    } catch (InvalidProtocolBufferException | java.nio.BufferUnderflowException e) {
      throw new SnapshotUnavailableException("The exported session cannot be read.", e);
    }
  }

  private static boolean startsWithMagic(byte[] file) {
    return Arrays.equals(file, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
  }

  private static ByteBuffer cut(ByteBuffer from, long length) throws SnapshotUnavailableException {
    if (length < 0 || length > from.remaining()) {
      throw new SnapshotUnavailableException("The exported session cannot be read.");
    }
    ByteBuffer part = from.slice(from.position(), (int) length);
    from.position(from.position() + (int) length);
    return part;
  }

  private static byte[] sha256(byte[] bytes, int length) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(bytes, 0, length);
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256.", e);
    }
  }
}
