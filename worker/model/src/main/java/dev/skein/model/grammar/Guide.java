package dev.skein.model.grammar;

import dev.skein.model.sampling.LogitFilter;
import dev.skein.model.sampling.TokenMask;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one generation within a grammar and its budget. {@link #apply} forbids tokens and changes
 * nothing else; {@link #take} goes on by a token that was taken. One thread at a time.
 */
public final class Guide implements LogitFilter {
  private final Grammar grammar;
  private final int[] ends;
  private final float[] endLogits;
  private int left;
  private Position position;
  private @Nullable TokenMask scratch;

  /**
   * @param budget tokens that the whole text may have
   * @param ends tokens that end a generation instead of adding to its text
   */
  public Guide(Grammar grammar, int budget, int[] ends) {
    this.grammar = grammar;
    this.ends = ends.clone();
    this.endLogits = new float[ends.length];
    this.left = budget;
    this.position = grammar.start();
  }

  /**
   * Goes on where {@link #bytes} was written.
   *
   * @param drawn tokens that were taken by then
   * @throws IllegalArgumentException if the bytes are of another grammar
   */
  public void resume(byte[] bytes, int drawn) {
    position = grammar.read(bytes);
    left -= drawn;
  }

  /** What a later guide needs to go on from here. */
  public byte[] bytes() {
    return grammar.write(position);
  }

  @Override
  public void apply(float[] logits) {
    position = grammar.current(position);
    for (int i = 0; i < ends.length; i++) {
      endLogits[i] = ends[i] < logits.length ? logits[ends[i]] : 0;
    }
    grammar.mask(position, left, scratch()).apply(logits);
    for (int i = 0; i < ends.length; i++) {
      if (ends[i] < logits.length) {
        logits[ends[i]] = position.accepts() ? endLogits[i] : Float.NEGATIVE_INFINITY;
      }
    }
  }

  private TokenMask scratch() {
    TokenMask known = scratch;
    if (known == null) {
      known = grammar.newMask();
      scratch = known;
    }
    return known;
  }

  /** Goes on by the bytes of a token; false if the grammar does not allow it. */
  public boolean take(byte[] bytes) {
    Position reached = grammar.after(position, bytes);
    if (reached == null) {
      return false;
    }
    position = reached;
    left--;
    return true;
  }

  /** Whether the text is whole, and may end here. */
  public boolean mayEnd() {
    return position.accepts();
  }

  /** Whether the text is whole and nothing can be added to it. */
  public boolean mustEnd() {
    return position.accepts() && !position.continues();
  }
}
