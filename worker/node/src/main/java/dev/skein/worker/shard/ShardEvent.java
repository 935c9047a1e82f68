package dev.skein.worker.shard;

import dev.skein.engine.DrawnToken;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.Midpoint;
import dev.skein.proto.Control;
import dev.skein.proto.Manifest;
import dev.skein.proto.Slot;
import dev.skein.proto.Snapshot;
import dev.skein.store.ExportedState;
import dev.skein.store.Past;
import org.jspecify.annotations.Nullable;

/** What happens to a shard. */
public sealed interface ShardEvent {

  /** The next record of the shard's partition of {@code requests}. */
  record RequestRead(RawRecord raw) implements ShardEvent {}

  /** The next record of the shard's partition of {@code controls}. */
  record ControlRead(long offset, Control control) implements ShardEvent {}

  /** The answer to {@link Effect.LookUp}. */
  record LookedUp(String session, @Nullable Manifest manifest) implements ShardEvent {}

  /** The answer to {@link Effect.LoadState}; {@code failure} is null when the snapshot arrived. */
  record StateLoaded(String session, @Nullable Snapshot snapshot, @Nullable String failure)
      implements ShardEvent {}

  /** The answer to {@link Effect.LoadFile}; {@code failure} is null when the file was read. */
  record FileLoaded(String session, @Nullable ExportedState state, @Nullable String failure)
      implements ShardEvent {}

  /** The answer to {@link Effect.ReadPast}; {@code failure} is null when it was read. */
  record PastRead(String session, @Nullable Past past, @Nullable String failure)
      implements ShardEvent {}

  /** A transcript is acknowledged at this offset. */
  record TranscriptStored(long offset) implements ShardEvent {}

  /**
   * Kafka has acknowledged the {@code started} event of a turn at this offset of {@code tokens}.
   */
  record StartAcknowledged(String session, int turn, long offset) implements ShardEvent {}

  /** The engine drew (or was fed) a token of a turn. */
  record Drawn(String session, int turn, int choice, DrawnToken token) implements ShardEvent {
    /** A token of choice 0. */
    public Drawn(String session, int turn, DrawnToken token) {
      this(session, turn, 0, token);
    }
  }

  /**
   * What {@link Effect.Capture} asked for, between two tokens of the turn.
   *
   * @param tokensEnd an offset of {@code tokens} below which nothing lies that the turn draws after
   *     this: where the acknowledged log ended
   */
  record Midway(String session, int turn, Midpoint midpoint, long tokensEnd)
      implements ShardEvent {}

  /** A token of the log was drawn again: would this engine have said the same? */
  record Compared(String session, int turn, boolean agrees) implements ShardEvent {}

  /** The engine is done with a choice of a turn, or with the prompt that its choices share. */
  record Ended(String session, int turn, int choice, GenerationEnd end) implements ShardEvent {
    /** The end of choice 0. */
    public Ended(String session, int turn, GenerationEnd end) {
      this(session, turn, 0, end);
    }
  }

  /** The engine had no room for a turn: it is offered again at the next {@link Tick}. */
  record EngineFull(String session, int turn, int choice) implements ShardEvent {
    /** No room for choice 0. */
    public EngineFull(String session, int turn) {
      this(session, turn, 0);
    }
  }

  /** Every chunk of a snapshot is acknowledged. */
  record SnapshotStored(String session, Slot slot) implements ShardEvent {}

  /** A misplaced record is acknowledged in its right partition. */
  record Forwarded(long offset) implements ShardEvent {}

  /** The open transaction was committed. */
  record Committed() implements ShardEvent {}

  /** The shard was acquired: the first event of all. */
  record Acquired() implements ShardEvent {}

  /**
   * The shard will be given back soon: running turns are stored at their next token boundary, and
   * run on. {@link Shard#takeMiddlesStored} tells when that is done.
   */
  record StoreMiddles() implements ShardEvent {}

  /**
   * The shard is to be given back: running turns are left to the next owner at their next token,
   * and stored there unless they were just before. {@link Shard#isDrained} tells when that is done.
   */
  record Drain() implements ShardEvent {}

  /** Time passes. */
  record Tick() implements ShardEvent {}
}
