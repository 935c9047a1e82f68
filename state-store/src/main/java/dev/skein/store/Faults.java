package dev.skein.store;

/**
 * What goes wrong in an {@link InMemoryCluster}, decided step by step by a test or a simulation.
 */
@FunctionalInterface
public interface Faults {

  /** Nothing goes wrong. */
  Faults NONE = (shard, step, topic) -> Fault.NONE;

  /**
   * Decides about one step of a shard's owner.
   *
   * @param topic empty for a step that has none
   */
  Fault at(int shard, Step step, String topic);

  /** What an owner is about to do. */
  enum Step {
    FENCE,
    APPEND,
    COMMIT,
    READ
  }

  /** What becomes of it. */
  enum Fault {
    /** It is done. */
    NONE,
    /** It is not done, and the owner is told that it failed. */
    REFUSED,
    /**
     * It is done, but the answer is lost: the owner is told that it failed. Of a read: as refused.
     */
    ANSWER_LOST
  }
}
