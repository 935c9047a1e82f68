package dev.skein.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.skein.proto.Manifest;
import dev.skein.proto.OpenTurn;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Slot;
import dev.skein.proto.Snapshot;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the next owner of a shard will ask for first, read while the one before runs on: manifests
 * and snapshots of the turns under way. It is used only where the shard says afterwards that this
 * very record, this very digest is meant, and once.
 */
final class ReadAhead {
  private static final long BYTES_MAX = 64L << 20;

  /** Reads a snapshot and checks it. */
  interface Source {
    Snapshot read(String session, Slot slot) throws StoreException, SnapshotUnavailableException;
  }

  /** Reads the record at an offset. */
  interface Records {
    @Nullable LogRecord read(long offset) throws StoreException;
  }

  private final Map<Long, LogRecord> manifests = new HashMap<>();
  private final Map<ByteString, Snapshot> snapshots = new HashMap<>();
  private long bytes;

  /** Reads for the turns that a shard record calls open. */
  void read(ShardRecord record, ManifestTable table, Records records, Source source)
      throws StoreException {
    for (OpenTurn open : record.getOpenTurnsList()) {
      byte[] key = open.getSession().getBytes(StandardCharsets.UTF_8);
      long offset = table.find(key);
      LogRecord found = offset < 0 ? null : records.read(offset);
      byte[] value = found == null ? null : found.value();
      if (found != null && value != null && found.hasKey(key)) {
        manifests.put(offset, found);
        snapshot(open.getSession(), value, source);
      }
    }
  }

  private void snapshot(String session, byte[] manifest, Source source) throws StoreException {
    try {
      Slot slot = Manifest.parseFrom(manifest).getUnfinished().getSlot();
      if (slot.getBytes() > 0 && bytes + slot.getBytes() <= BYTES_MAX) {
        bytes += slot.getBytes();
        snapshots.put(slot.getDigest(), source.read(session, slot));
      }
    } catch (InvalidProtocolBufferException | SnapshotUnavailableException e) {
      return; // whoever needs it reads it again, and says what is wrong
    }
  }

  /** Nobody has asked for the rest. */
  void forget() {
    manifests.clear();
    snapshots.clear();
    bytes = 0;
  }

  @Nullable LogRecord manifest(long offset) {
    return manifests.remove(offset);
  }

  @Nullable Snapshot snapshot(Slot slot) {
    Snapshot found = snapshots.remove(slot.getDigest());
    bytes -= found == null ? 0 : slot.getBytes();
    return found;
  }
}
