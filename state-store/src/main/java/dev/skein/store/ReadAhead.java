package dev.skein.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.skein.proto.Manifest;
import dev.skein.proto.OpenTurn;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Slot;
import dev.skein.proto.Snapshot;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  /** A session's manifest as the table says where it lies. */
  private record Place(String session, long offset) {}

  /** A snapshot to be read. */
  private record Wanted(String session, Slot slot) {
    long offset() {
      return slot.getChunkOffsetsCount() == 0 ? 0 : slot.getChunkOffsets(0);
    }
  }

  /**
   * Reads for the turns that a shard record calls open, in the order of the log: what lies together
   * is fetched together.
   */
  void read(ShardRecord record, ManifestTable table, Records records, Source source)
      throws StoreException {
    List<Wanted> wanted = new ArrayList<>();
    for (Place place : places(record, table)) {
      LogRecord found = records.read(place.offset());
      byte[] value = found == null ? null : found.value();
      if (found != null && value != null && found.hasKey(key(place.session()))) {
        manifests.put(place.offset(), found);
        middle(place.session(), value).ifPresent(wanted::add);
      }
    }
    wanted.sort(Comparator.comparingLong(Wanted::offset));
    for (Wanted next : wanted) {
      snapshot(next, source);
    }
  }

  private static List<Place> places(ShardRecord record, ManifestTable table) {
    return record.getOpenTurnsList().stream()
        .map(OpenTurn::getSession)
        .map(session -> new Place(session, table.find(key(session))))
        .filter(place -> place.offset() >= 0)
        .sorted(Comparator.comparingLong(Place::offset))
        .toList();
  }

  private static byte[] key(String session) {
    return session.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * What its manifest says of the session's middle; whoever needs it says what is wrong with it.
   */
  private static Optional<Wanted> middle(String session, byte[] manifest) {
    try {
      Slot slot = Manifest.parseFrom(manifest).getUnfinished().getSlot();
      return slot.getBytes() > 0 ? Optional.of(new Wanted(session, slot)) : Optional.empty();
    } catch (InvalidProtocolBufferException e) {
      return Optional.empty();
    }
  }

  private void snapshot(Wanted wanted, Source source) throws StoreException {
    Slot slot = wanted.slot();
    if (bytes + slot.getBytes() > BYTES_MAX) {
      return;
    }
    bytes += slot.getBytes();
    try {
      snapshots.put(slot.getDigest(), source.read(wanted.session(), slot));
    } catch (SnapshotUnavailableException e) {
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
