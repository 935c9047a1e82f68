package dev.skein.worker.owner;

/**
 * The states of one ownership of a shard and the moves between them; there are no others.
 *
 * <pre>
 *                           ┌────── release asked before it was acquired ──────────────┐
 *            acquire        │  acquired            release asked       left, committed  ▼
 *   NEW ──────────────▶ ACQUIRING ──────────▶ RUNNING ──────────▶ DRAINING ──────────▶ RELEASED
 *                           │                    │                    │
 *                           └────── any error ───┴──── any error ─────┴──────────────▶ LOST
 * </pre>
 *
 * <p>It is crash-only: any error of the shard's producer, its own timeout included, leads to {@code
 * LOST}, from where nothing leads on; the shard is started again from its log by a new owner with a
 * new epoch. {@code RELEASED} and {@code LOST} differ in what the next owner concludes: after a
 * release the turns that were under way have done nothing wrong.
 */
enum Ownership {
  /** Made, not started. */
  NEW,
  /**
   * Getting ready while the owner before runs on, asking for the shard; then fencing that owner,
   * reading what it left, writing the next epoch.
   */
  ACQUIRING,
  /** Reading, running, writing. */
  RUNNING,
  /** Leaving every running turn at its next token, stored there or before; nothing new begins. */
  DRAINING,
  /** Given back, and so it stands in the shard record. */
  RELEASED,
  /** Failed, or fenced by another owner. */
  LOST;

  boolean mayBecome(Ownership next) {
    return switch (this) {
      case NEW -> next == ACQUIRING;
      case ACQUIRING -> next == RUNNING || next == RELEASED || next == LOST;
      case RUNNING -> next == DRAINING || next == LOST;
      case DRAINING -> next == RELEASED || next == LOST;
      case RELEASED, LOST -> false;
    };
  }

  /** The next state. */
  Ownership become(Ownership next) {
    if (!mayBecome(next)) {
      throw new IllegalStateException("an ownership cannot go from " + this + " to " + next);
    }
    return next;
  }
}
