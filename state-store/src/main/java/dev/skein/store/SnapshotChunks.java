package dev.skein.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.WireFormat;
import dev.skein.proto.Slot;
import dev.skein.proto.Snapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot's serialised bytes, cut into records of topic {@code states}: chunks of {@link
 * #CHUNK_BYTES}, the last one shorter. The key of a chunk is the text {@code
 * <session>/<slot>/<chunk>}, both numbers decimal; a session id may hold slashes, because the two
 * numbers are read from the end.
 */
final class SnapshotChunks {

  /**
   * Small enough that the events between two chunks do not wait, large enough for the log's
   * throughput.
   */
  static final int CHUNK_BYTES = 512 * 1024;

  private final Snapshot snapshot;
  private final ByteString bytes;
  private final MessageDigest digest = sha256();
  private int next;

  SnapshotChunks(Snapshot snapshot) {
    this.snapshot = snapshot;
    this.bytes = serialised(snapshot);
  }

  /**
   * A snapshot's serialised form, in which its state, however large, is not copied but referred to.
   * The state is the last field; readers of Protocol Buffers take fields in any order.
   */
  private static ByteString serialised(Snapshot snapshot) {
    ByteString state = snapshot.getState();
    ByteString others = snapshot.toBuilder().clearState().build().toByteString();
    return state.isEmpty() ? others : others.concat(stateField(state.size())).concat(state);
  }

  /** What stands before the state's bytes. */
  private static ByteString stateField(int size) {
    ByteString.Output out = ByteString.newOutput();
    CodedOutputStream coded = CodedOutputStream.newInstance(out);
    try {
      coded.writeTag(Snapshot.STATE_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
      coded.writeUInt32NoTag(size);
      coded.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteString();
  }

  int count() {
    return Math.max(1, (bytes.size() + CHUNK_BYTES - 1) / CHUNK_BYTES);
  }

  /** Whether every chunk was taken. */
  boolean exhausted() {
    return next == count();
  }

  /** Number of the chunk that {@link #take} gives next. */
  int next() {
    return next;
  }

  /**
   * The next chunk. The digest grows with them, so that no thread has to go through a large state
   * at one go.
   */
  byte[] take() {
    int from = next++ * CHUNK_BYTES;
    byte[] chunk = bytes.substring(from, Math.min(bytes.size(), from + CHUNK_BYTES)).toByteArray();
    digest.update(chunk);
    return chunk;
  }

  /** The slot's entry for the manifest, once every chunk was taken; once only. */
  Slot slot(int slot, List<Long> offsets) {
    return Slot.newBuilder()
        .setSlot(slot)
        .setPosition(snapshot.getPosition())
        .setBytes(bytes.size())
        .setDigest(ByteString.copyFrom(digest.digest()))
        .addAllChunkOffsets(offsets)
        .setChain(snapshot.getChain())
        .setTokensRead(snapshot.getTokensRead())
        .build();
  }

  static byte[] key(String session, int slot, int chunk) {
    return (session + "/" + slot + "/" + chunk).getBytes(StandardCharsets.UTF_8);
  }

  /** The whole. */
  ByteString bytes() {
    return bytes;
  }

  /** Reads a slot's chunks back, and trusts none of them. */
  static byte[] load(String session, Slot slot, Source source)
      throws StoreException, SnapshotUnavailableException {
    String name = name(session, slot);
    byte[] bytes = new byte[length(name, slot)];
    int at = 0;
    for (int i = 0; i < slot.getChunkOffsetsCount(); i++) {
      LogRecord record = source.read(slot.getChunkOffsets(i));
      if (record == null || !record.hasKey(key(session, slot.getSlot(), i))) {
        throw new SnapshotUnavailableException(
            name + " is gone: chunk " + i + " was overwritten or compacted away.");
      }
      byte[] chunk = record.value();
      if (chunk == null || chunk.length > bytes.length - at) {
        throw new SnapshotUnavailableException(
            name + " has another length than its manifest says.");
      }
      System.arraycopy(chunk, 0, bytes, at, chunk.length);
      at += chunk.length;
    }
    if (at != bytes.length
        || !Arrays.equals(sha256().digest(bytes), slot.getDigest().toByteArray())) {
      throw new SnapshotUnavailableException(name + " does not have its manifest's digest.");
    }
    return bytes;
  }

  /** Takes the bytes over: the snapshot's state refers to them. */
  static Snapshot parsed(String session, Slot slot, byte[] bytes)
      throws SnapshotUnavailableException {
    try {
      CodedInputStream in = UnsafeByteOperations.unsafeWrap(bytes).newCodedInput();
      in.enableAliasing(true);
      Snapshot snapshot = Snapshot.parseFrom(in);
      in.checkLastTagWas(0);
      return snapshot;
    } catch (IOException e) {
      throw new SnapshotUnavailableException(name(session, slot) + " cannot be read.", e);
    }
  }

  private static String name(String session, Slot slot) {
    return "The snapshot in slot " + slot.getSlot() + " of session " + session;
  }

  private static int length(String name, Slot slot) throws SnapshotUnavailableException {
    long most = (long) slot.getChunkOffsetsCount() * CHUNK_BYTES;
    if (slot.getBytes() < 0 || slot.getBytes() > Math.min(most, Integer.MAX_VALUE - 8)) {
      throw new SnapshotUnavailableException(name + " has another length than its manifest says.");
    }
    return (int) slot.getBytes();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256.", e);
    }
  }

  /** Where chunks are read from. */
  interface Source {

    /** The record at exactly this offset, null if there is none. */
    @Nullable LogRecord read(long offset) throws StoreException;
  }
}
