package dev.skein.engine;

/**
 * Hears of one generation. Called on the engine's thread in the order of the draws, and must return
 * at once. A listener that throws ends its generation with {@link FinishReason#ERROR}; the engine
 * goes on.
 */
public interface GenerationListener {
  /** A token was drawn. */
  void onToken(DrawnToken token);

  /**
   * What {@link Engine#capture} asked for: the generation as it stands now, between the tokens
   * before and after this call.
   */
  default void onMidpoint(Midpoint midpoint) {}

  /**
   * A token of the log was drawn again to compare: {@code agrees} is false if this model would have
   * drawn another. The log wins either way.
   */
  default void onCompared(int index, boolean agrees) {}

  /** The generation is over; called exactly once, last. */
  void onEnd(GenerationEnd end);
}
