package dev.skein.worker.shard;

/** What a session is doing. Legal moves only: {@link Session#enter}. */
enum Phase {
  /** Its manifest has not been looked up. */
  UNKNOWN,
  IDLE,
  /** Its state is being fetched. */
  LOADING,
  /** The started event of its turn awaits acknowledgement. */
  STARTING,
  RUNNING,
  /** A snapshot is being stored between two turns. */
  STORING,
  /** An operation is under way: a rewind, a fork, an adoption, an import. */
  OPERATING,
  /** It was too old, and what follows waits until its end is committed. */
  EXPIRING,
  /** Its turn is left to the next owner, who goes on in the middle. */
  HANDED_OVER;

  boolean mayBecome(Phase next) {
    return switch (this) {
      case UNKNOWN -> next == IDLE;
      case STORING, OPERATING, EXPIRING -> next == IDLE;
      case IDLE ->
          next == LOADING
              || next == STARTING
              || next == STORING
              || next == OPERATING
              || next == EXPIRING;
      case LOADING -> next == IDLE || next == STARTING || next == LOADING;
      case STARTING -> next == RUNNING || next == HANDED_OVER;
      case RUNNING -> next == IDLE || next == HANDED_OVER;
      case HANDED_OVER -> false;
    };
  }
}
