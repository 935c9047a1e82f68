package dev.skein.worker.shard;

import dev.skein.engine.Generation;
import dev.skein.proto.Control;
import dev.skein.proto.Manifest;
import dev.skein.proto.Request;
import dev.skein.proto.Slot;
import dev.skein.proto.Snapshot;
import dev.skein.proto.StateFile;
import dev.skein.proto.TokenEvent;
import dev.skein.proto.Transcript;
import dev.skein.proto.TurnRef;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a shard wants done. The owner carries effects out in order. */
public sealed interface Effect {

  /** To be read from the store, and answered by an event at once. */
  sealed interface Read extends Effect {}

  /** Find the newest manifest of a session; answered by {@link ShardEvent.LookedUp}. */
  record LookUp(String session) implements Read {}

  /**
   * Fetch a stored state for a session; answered by {@link ShardEvent.StateLoaded}.
   *
   * @param holder the session whose slot it is, perhaps of another shard
   */
  record LoadState(String session, String holder, Slot slot) implements Read {
    LoadState(String session, Slot slot) {
      this(session, session, slot);
    }
  }

  /** Fetch an exported state; answered by {@link ShardEvent.FileLoaded}. */
  record LoadFile(String session, StateFile file) implements Read {}

  /**
   * Read back what a session had read at the end of a turn; answered by {@link
   * ShardEvent.PastRead}.
   *
   * @param from a later turn that went on from it, or itself
   * @param stops counts of ids at the highest of which to stop
   */
  record ReadPast(String session, TurnRef from, int turn, List<Long> stops) implements Read {}

  /** Store what a turn added; answered by {@link ShardEvent.TranscriptStored}. */
  record StoreTranscript(Transcript transcript) implements Effect {}

  /** Delete the transcripts of a session's turns. */
  record DropTranscripts(String session, int firstTurn, int nextTurn) implements Effect {}

  /** Produce a request to the shard of its session, outside of the transaction. */
  record Tell(Request request) implements Effect {}

  /** Produce a control to the shard of its session, outside of the transaction. */
  record TellBack(Control control) implements Effect {}

  /**
   * Append an event to {@code tokens} in the open transaction; once acknowledged push it to {@code
   * push}, and if {@code starts} report {@link ShardEvent.StartAcknowledged}.
   */
  record Publish(TokenEvent event, boolean json, @Nullable String push, boolean starts)
      implements Effect {}

  /** Push an event that is in the log already, committed. */
  record Push(TokenEvent event, String push) implements Effect {}

  /** Hand a turn to the replica of {@code model}. */
  record Run(String session, int turn, String model, Generation generation) implements Effect {}

  /** Ask the engine to end a turn at the next token boundary. */
  record Cancel(String session, int turn, String model, Generation generation) implements Effect {}

  /**
   * Tell the turn's middle once the engine has fed so many more tokens, 0 for the next token
   * boundary; answered by {@link ShardEvent.Midway}, unless the turn ends first.
   */
  record Capture(String session, int turn, String model, Generation generation, int afterTokens)
      implements Effect {}

  /** Store a snapshot; answered by {@link ShardEvent.SnapshotStored}. */
  record StoreSnapshot(String session, int slot, Snapshot snapshot) implements Effect {}

  /** Delete what a slot holds that no manifest names any more. */
  record DropSlot(String session, int slot, int chunks) implements Effect {}

  /** Store a manifest in the open transaction. */
  record StoreManifest(Manifest manifest) implements Effect {}

  /** Forget a session in the open transaction, its turn numbers too. */
  record DropManifest(String session) implements Effect {}

  /**
   * Produce a misplaced record to the partition it belongs to; answered by {@link
   * ShardEvent.Forwarded}.
   */
  record Forward(RawRecord raw, int partition) implements Effect {}

  /** Put a record that cannot be read aside, with the reason. */
  record DeadLetter(RawRecord raw, String code, String message) implements Effect {}

  /** Stop or go on reading {@code requests}. */
  record Flow(boolean paused) implements Effect {}
}
