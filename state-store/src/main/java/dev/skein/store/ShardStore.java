package dev.skein.store;

import dev.skein.proto.Manifest;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Slot;
import dev.skein.proto.Snapshot;
import dev.skein.proto.StateFile;
import dev.skein.proto.TokenEvent;
import dev.skein.proto.Transcript;
import dev.skein.proto.TurnRef;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One shard's side of its pool's topics, as its owner sees it. All writes go through the shard's
 * one transactional producer, into a transaction that the first write begins and {@link #commit}
 * ends; an owner that was deposed can write nothing more. One thread, the owner's, calls it;
 * listeners are called on a thread of the store.
 *
 * <p>Ownership is crash-only. The first failure is remembered and nothing is written after it:
 * {@link #commit} and every reading call throw it, publishers are told at once. The only thing to
 * do then is to {@link #close} the store and to drop what the shard has in memory.
 */
public interface ShardStore extends AutoCloseable {

  /**
   * Does ahead of {@link #acquire} what may be done while the owner before still runs: connects,
   * and reads what that one has committed so far. May be left out.
   *
   * @return the address of an owner that has not given the shard back; empty if there is none
   */
  String prepare() throws StoreException;

  /**
   * Reads ahead what the owner before has committed since {@link #prepare}, and the snapshots of
   * the turns that it has under way. May be left out.
   */
  void readAhead() throws StoreException;

  /**
   * Takes the shard over: fences the previous owner, reads what it committed, writes the shard
   * record with the next epoch and commits it, and reads what earlier owners left in {@code
   * tokens}. If the previous owner left the shard to this very heir, the epoch is committed
   * already, and the record waits in the open transaction. The first call on a new store, but for
   * these two.
   *
   * @throws StoreException also if the pool has another number of shards than this store was told
   */
  Acquired acquire(Heir me) throws StoreException;

  /**
   * The same, for one to whom nothing was left.
   *
   * @param owner address of this process, for people
   */
  default Acquired acquire(String owner) throws StoreException {
    return acquire(new Heir(owner, ""));
  }

  /**
   * The newest manifest of a session: this owner's last write, committed or not, else the newest
   * committed one; null for a session that is not known.
   */
  @Nullable Manifest manifest(String session) throws StoreException;

  /** Writes an event to {@code tokens}; it may be shown to anyone once it is acknowledged. */
  void publish(TokenEvent event, boolean json, PublishListener done);

  /** Writes a session's manifest. Its slots' chunks must have been acknowledged. */
  void store(Manifest manifest);

  /**
   * Writes the shard record, unless it says what the last one said: a transaction that only streams
   * tokens then touches one partition. Epoch, owner and partition count must be those that {@link
   * #acquire} returned.
   */
  void store(ShardRecord record);

  /**
   * Writes the last shard record of this owner: it has given the shard back, to this heir if it is
   * known. Nothing may be written after it.
   */
  void leave(ShardRecord last, Heir heir);

  /**
   * Writes a snapshot in chunks, a few at a time, beside everything else. A commit in between is
   * harmless: no manifest names the slot yet. The slot must not be one that the committed manifest
   * names.
   *
   * @param done told the slot, for the manifest, when every chunk is acknowledged; never told if
   *     the store fails
   */
  void store(String session, int slot, Snapshot snapshot, Consumer<Slot> done);

  /**
   * Deletes what a slot holds, in the open transaction. The slot must not be one that the committed
   * manifest names.
   *
   * @param chunks how many chunks its snapshot had at most
   */
  void drop(String session, int slot, int chunks);

  /** Deletes a session's manifest, in the open transaction: nobody knows of it any more. */
  void dropManifest(String session);

  /** Writes a record that could not be used, as it was read, with the reason in its headers. */
  void deadLetter(
      byte @Nullable [] key, byte @Nullable [] value, Map<String, String> reasonHeaders);

  /** Whether something was written since the last commit. */
  boolean dirty();

  /**
   * Waits for the acknowledgement of everything that was written, then commits it. Without a write:
   * does nothing.
   */
  void commit() throws StoreException;

  /**
   * Reads a snapshot back and checks offsets, keys and digest.
   *
   * @param partition the shard of the session, which may be another one than this
   * @throws SnapshotUnavailableException if it is no longer there
   */
  Snapshot load(int partition, String session, Slot slot)
      throws StoreException, SnapshotUnavailableException;

  /**
   * Reads an exported state of this shard's partition of {@code imports} and checks its digest.
   *
   * @throws SnapshotUnavailableException if it is not there, or is none
   */
  ExportedState load(StateFile file) throws StoreException, SnapshotUnavailableException;

  /** Writes what a turn added to its session. */
  void store(Transcript transcript, PublishListener done);

  /** Deletes the transcripts of a session's turns, in the open transaction. */
  void dropTranscripts(String session, int firstTurn, int nextTurn);

  /**
   * The ids that a session had read at the end of a turn, read back from the transcripts of the
   * turns that led there.
   *
   * @param from a later turn that went on from it, or itself
   * @param stops counts of ids; the walk ends at the highest one that is not above the turn's end,
   *     else at the beginning
   * @throws SnapshotUnavailableException if no transcript tells, or the turn did not lead there
   */
  Past past(TurnRef from, int turn, List<Long> stops)
      throws StoreException, SnapshotUnavailableException;

  /**
   * Lets go of connections that only reading needs; they come back when something is read. For a
   * shard with no work.
   */
  void rest();

  /** The failure that ended this store's life, null while it lives. Any thread. */
  @Nullable StoreException failure();

  /** Ends the store without committing what is open. Any thread, any number of times. */
  @Override
  void close();

  /**
   * What a new owner begins with.
   *
   * @param epoch of this ownership, one above the last
   * @param record the shard record as it was written now
   * @param fresh whether the shard had no record before: its requests are read from the start of
   *     their log
   * @param released whether the previous owner gave the shard back in order (also true for a fresh
   *     one)
   * @param tail the events that lie in {@code tokens} from the previous record's {@code
   *     tokens_from} on, committed or not, in log order
   * @param tokensEnd where the log of {@code tokens} ended: above the tail, and at or below
   *     whatever is written next
   * @param unreadable records of the tail that were skipped because they are no events
   */
  record Acquired(
      int epoch,
      ShardRecord record,
      boolean fresh,
      boolean released,
      List<StoredEvent> tail,
      long tokensEnd,
      int unreadable) {

    /** Copies the tail. */
    public Acquired {
      tail = List.copyOf(tail);
    }
  }

  /**
   * An event as it lies in {@code tokens}.
   *
   * @param committed whether readers of committed records see it
   */
  record StoredEvent(long offset, TokenEvent event, boolean json, boolean committed) {}
}
