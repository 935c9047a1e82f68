package dev.skein.engine;

/**
 * What is to be found out about a prompt while it is read; the answer is the {@link Findings} of
 * the generation's end. A generation with {@code maxTokens} 0 and a probe is a question about given
 * text and nothing else. Where a probe looks, the head of the model is computed after every token,
 * in pieces that the engine's memory bounds; elsewhere a prompt is read as fast as ever.
 *
 * @param scoredFrom index in the prompt of the first token whose log-probability is wanted; 0 wants
 *     none. The first token of a prompt has none: nothing was said before it
 * @param hidden whether the vector after the prompt's last token is wanted
 * @param mean whether the mean of the vectors after all tokens of the prompt is wanted
 */
public record Probe(int scoredFrom, boolean hidden, boolean mean) {
  /** Finds out nothing. */
  public static final Probe NONE = new Probe(0, false, false);

  /** Checks the index. */
  public Probe {
    if (scoredFrom < 0) {
      throw new IllegalArgumentException("scoredFrom must not be negative");
    }
  }

  /** The log-probability of every token of the prompt from that index on. */
  public static Probe scores(int from) {
    return new Probe(from, false, false);
  }
}
