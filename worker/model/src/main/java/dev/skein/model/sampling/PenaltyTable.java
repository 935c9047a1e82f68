package dev.skein.model.sampling;

import java.util.Arrays;

/**
 * How often each token was drawn, with older draws counting less. As in the reference: before a
 * token is counted all counts are multiplied by the decay; an exempt token (a space, a digit)
 * enters with the count 0, so only the presence penalty reaches it. One thread owns a table.
 */
public final class PenaltyTable {
  private int[] tokens = new int[16];
  private float[] counts = new float[16];
  private int size;

  /** An empty table. */
  public PenaltyTable() {}

  /** A table as {@link #tokens} and {@link #counts} of another one described it. */
  public static PenaltyTable restore(int[] tokens, float[] counts) {
    if (tokens.length != counts.length) {
      throw new IllegalArgumentException("a penalty table has a count for each token");
    }
    PenaltyTable table = new PenaltyTable();
    table.tokens = Arrays.copyOf(tokens, Math.max(16, tokens.length));
    table.counts = Arrays.copyOf(counts, Math.max(16, counts.length));
    table.size = tokens.length;
    return table;
  }

  /** Lets all counts decay and counts one draw of a token. */
  public void add(int token, float decay, boolean exempt) {
    int found = -1;
    for (int i = 0; i < size; i++) {
      counts[i] *= decay;
      if (tokens[i] == token) {
        found = i;
      }
    }
    if (found < 0) {
      if (size == tokens.length) {
        tokens = Arrays.copyOf(tokens, 2 * size);
        counts = Arrays.copyOf(counts, 2 * size);
      }
      found = size++;
      tokens[found] = token;
      counts[found] = 0;
    }
    counts[found] += exempt ? 0 : 1;
  }

  /** Subtracts {@code presence + count * frequency} from the logit of every token in the table. */
  void apply(float[] logits, float presence, float frequency) {
    for (int i = 0; i < size; i++) {
      logits[tokens[i]] -= presence + counts[i] * frequency;
    }
  }

  /** A copy of the tokens, in the order of their first draw. */
  public int[] tokens() {
    return Arrays.copyOf(tokens, size);
  }

  /** A copy of the counts, in the order of {@link #tokens}. */
  public float[] counts() {
    return Arrays.copyOf(counts, size);
  }
}
