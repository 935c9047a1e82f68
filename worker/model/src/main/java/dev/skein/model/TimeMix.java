package dev.skein.model;

/** The part of a layer that mixes along time; one implementation a version of RWKV. */
sealed interface TimeMix permits TimeMix7 {

  /**
   * Reads the normalised input {@link Workspace#normalized} of all tokens, moves the states of
   * their slots on, and writes what is to be added to the residual stream to {@link
   * Workspace#output}.
   */
  void run(Workspace w);

  /** Weight bytes that one step reads. */
  long bytes();
}
