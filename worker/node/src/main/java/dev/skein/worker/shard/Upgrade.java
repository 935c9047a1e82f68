package dev.skein.worker.shard;

/**
 * What becomes of a session whose model is served no more. Another arithmetic of the same model
 * (quantisation, version) is always taken up, at the end of a turn.
 */
public enum Upgrade {
  /** Another model is refused: the session waits for its own. */
  ADOPT,
  /** Everything that the session has read is read again by the new model, from its transcript. */
  REPLAY,
  /** The session begins anew under the new model; its turn numbers go on. */
  FRESH
}
