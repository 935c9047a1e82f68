package dev.skein.simulation;

/**
 * Faults that can be planted, each in a port or in the simulated surroundings of the real core, to
 * see that the promises are looked after: a test plants each and demands that an invariant finds
 * it.
 */
public enum Mutation {
  /** Nothing is planted. */
  NONE,
  /** Nothing, but by way of the ports into which the others are planted. */
  PLACEBO,
  /** Events are pushed before the log has acknowledged them. */
  PUSH_BEFORE_ACK,
  /** A new owner does not read what earlier ones left in {@code tokens}. */
  SKIP_TAIL_READ,
  /** A cancel ends a turn before tokens that the log has. */
  CANCEL_BELOW_WITNESS,
  /** Snapshots go into a slot that the committed manifest names. */
  REUSE_NAMED_SLOT,
  /** A chunk is taken for what its manifest names without a look at key and digest. */
  NO_CHECK_AT_FETCH,
  /** After a lost transaction the owner goes on as if nothing were lost. */
  ABORT_AND_CONTINUE,
  /** The watermark passes turns that nothing covers. */
  WATERMARK_OVER_OPEN_TURN,
  /** A session that was loaded counts its turns anew. */
  TURN_NUMBER_REUSED,
  /** A new owner works before its epoch is committed. */
  EPOCH_NOT_COMMITTED_FIRST,
  /** An epoch that was left to one acquisition is used by the next one of that process too. */
  HEIR_COMES_TWICE,
  /** Forwarded records lose the mark of their origin. */
  FORWARD_WITHOUT_DEDUPE,
  /** What finished above the watermark is forgotten. */
  FINISHED_WINDOW_DROPPED,
  /** Attempts are counted although the turn got further. */
  ATTEMPTS_NOT_RESET,
  /** Old writers are not fenced. */
  SKIP_FENCING,
  /** The shard record is committed before the manifests that belong to it. */
  WATERMARK_BEFORE_STATE,
  /** Snapshots of unfinished turns lack the penalty table. */
  PENALTY_TABLE_FORGOTTEN,
  /** Snapshots of unfinished turns lack the bytes that were held back. */
  HELD_BYTES_FORGOTTEN,
  /** The last chunk of a snapshot is not written. */
  LAST_CHUNK_DROPPED,
  /** An older snapshot of the session is loaded. */
  OLDER_SLOT_LOADED,
  /** A turn that is run again draws other random numbers. */
  ANOTHER_SEED,
  /** Tokens that an earlier owner's engine drew are taken by the next owner. */
  EVENT_OF_OLDER_EPOCH,
  /** Compaction drops chunks that a manifest names. */
  COMPACTION_DROPS_NAMED_CHUNK,
  /** The tail of a manifest, ids to be read after its snapshot, is lost. */
  TAIL_FORGOTTEN,
  /** A turn after a rewind takes the number after the one it goes on from. */
  TURN_NUMBER_REUSED_AFTER_REWIND,
  /** A deleted session is forgotten, its turn numbers too. */
  GRAVE_FORGOTTEN,
  /** A deletion leaves the snapshots where they are. */
  CHUNKS_OUTLIVE_DELETION,
  /** A snapshot goes into a slot that is pinned for another shard. */
  PINNED_SLOT_REUSED,
  /** A new owner does not tell the forks again that an earlier one had pinned. */
  PINS_FORGOTTEN,
  /** An owner does not remember that it has made a session of a fork. */
  ADOPTED_TWICE,
  /** Transcripts are not written. */
  TRANSCRIPT_NOT_WRITTEN,
  /** What is read back is what another turn had read. */
  REPLAY_FROM_WRONG_PARENT,
  /** A session is made of a file as if the state in it were the model's first. */
  FILE_WITHOUT_ITS_STATE,
  /** A router whose client has left does not say who it is when it cancels. */
  CANCEL_NAMES_NO_ROUTER,
  /** A router's cancel is read before requests that were in the log before it. */
  CANCEL_OVERTAKES_REQUESTS,
  /** A session ends by age although it was used since that was proposed. */
  USED_SESSION_EXPIRED,
  /** The log does not tell whose weights began a turn. */
  STARTED_BY_ANY_WEIGHTS,
  /** It is not remembered whose weights made a session. */
  FINGERPRINT_FORGOTTEN,
  /** A fork does not remember whose weights it is of. */
  FORK_OF_ANY_WEIGHTS,
  /** It is not remembered with which turn a session began anew under other weights. */
  FRESH_START_FORGOTTEN
}
