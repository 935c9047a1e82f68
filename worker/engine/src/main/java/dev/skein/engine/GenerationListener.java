package dev.skein.engine;

/**
 * Hears of one generation. Called on the engine's thread in the order of the draws, and must return
 * at once. A listener that throws ends its generation with {@link FinishReason#ERROR}; the engine
 * goes on.
 */
public interface GenerationListener {
  /** A token was drawn. */
  void onToken(DrawnToken token);

  /** The generation is over; called exactly once, last. */
  void onEnd(GenerationEnd end);
}
