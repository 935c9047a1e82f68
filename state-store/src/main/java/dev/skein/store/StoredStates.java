package dev.skein.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Slot;
import dev.skein.proto.Snapshot;
import dev.skein.proto.StateFile;
import dev.skein.proto.Topics;
import org.jspecify.annotations.Nullable;

/** What is read back from a pool's topics: snapshots, exported states, transcripts. */
final class StoredStates {

  /** Remembers what fails. */
  interface Guard {
    <T extends @Nullable Object> T run(LogShardStore.Step<T> step) throws StoreException;
  }

  private final Topics topics;
  private final ShardLog log;
  private final Guard guard;
  private final ReadAhead ahead;
  private final @Nullable StateCache cache;
  private final CopiedKeys copied;

  StoredStates(
      Topics topics, ShardLog log, Guard guard, ReadAhead ahead, @Nullable StateCache cache) {
    this.ahead = ahead;
    this.topics = topics;
    this.log = log;
    this.guard = guard;
    this.cache = cache;
    this.copied = new CopiedKeys(log);
  }

  /**
   * A snapshot.
   *
   * @param isCopied whether the slot may tell offsets of other topics, from which these were copied
   */
  Snapshot snapshot(int partition, String session, Slot slot, boolean isCopied)
      throws StoreException, SnapshotUnavailableException {
    Snapshot found = ahead.snapshot(slot);
    return found == null ? read(partition, session, slot, isCopied) : found;
  }

  private Snapshot read(int partition, String session, Slot slot, boolean isCopied)
      throws StoreException, SnapshotUnavailableException {
    StateCache near = cache;
    byte[] bytes = near == null ? null : near.find(slot.getDigest());
    if (bytes != null && bytes.length == slot.getBytes()) {
      return SnapshotChunks.parsed(session, slot, bytes);
    }
    bytes = isCopied ? inCopy(partition, session, slot) : chunks(partition, session, slot);
    Snapshot snapshot = SnapshotChunks.parsed(session, slot, bytes);
    keep(slot, snapshot, UnsafeByteOperations.unsafeWrap(bytes));
    return snapshot;
  }

  /** Reads what an owner of the shard will ask for first. */
  void readAhead(ShardRecord record, int shard, ManifestTable table) throws StoreException {
    ahead.read(
        record,
        table,
        offset -> log.read(topics.manifests(), shard, offset),
        (session, slot) -> read(shard, session, slot, false));
  }

  /** Keeps near what a session may wake to. The middle of a turn is soon succeeded by another. */
  void keep(Slot slot, Snapshot snapshot, ByteString bytes) {
    StateCache near = cache;
    if (near != null && !snapshot.hasSampler()) {
      near.keep(slot.getDigest(), bytes);
    }
  }

  private byte[] chunks(int partition, String session, Slot slot)
      throws StoreException, SnapshotUnavailableException {
    return SnapshotChunks.load(
        session, slot, offset -> guard.run(() -> log.read(topics.states(), partition, offset)));
  }

  private byte[] inCopy(int partition, String session, Slot slot)
      throws StoreException, SnapshotUnavailableException {
    try {
      return chunks(partition, session, slot);
    } catch (SnapshotUnavailableException e) {
      Slot.Builder there = slot.toBuilder();
      for (int i = 0; i < slot.getChunkOffsetsCount(); i++) {
        byte[] key = SnapshotChunks.key(session, slot.getSlot(), i);
        long at = guard.run(() -> copied.find(topics.states(), partition, key));
        if (at < 0) {
          throw e;
        }
        there.setChunkOffsets(i, at);
      }
      return chunks(partition, session, there.build());
    }
  }

  /** An exported state of a partition of {@code imports}. */
  ExportedState exported(StateFile file, int partition)
      throws StoreException, SnapshotUnavailableException {
    return ExportedState.load(
        file, offset -> guard.run(() -> log.read(topics.imports(), partition, offset)));
  }

  /**
   * Transcripts.
   *
   * @param isCopied whether turns may tell offsets of other topics
   */
  PastReader.Source transcripts(boolean isCopied) {
    return new PastReader.Source() {
      @Override
      public @Nullable LogRecord next(int partition, long from) throws StoreException {
        return guard.run(() -> log.next(topics.transcripts(), partition, from));
      }

      @Override
      public long find(int partition, byte[] key) throws StoreException {
        return isCopied ? guard.run(() -> copied.find(topics.transcripts(), partition, key)) : -1;
      }
    };
  }
}
