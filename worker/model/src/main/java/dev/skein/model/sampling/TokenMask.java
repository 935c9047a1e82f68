package dev.skein.model.sampling;

/** A set of token ids, one bit each; all others are forbidden. */
public final class TokenMask {
  private final int vocabulary;
  private final long[] bits;

  /** Forbids all tokens. */
  public TokenMask(int vocabulary) {
    this.vocabulary = vocabulary;
    this.bits = new long[(vocabulary + 63) >>> 6];
  }

  public void allow(int token) {
    bits[token >>> 6] |= 1L << token;
  }

  /** Allows also what another mask of the same vocabulary allows. */
  public void allowAll(TokenMask other) {
    for (int i = 0; i < bits.length; i++) {
      bits[i] |= other.bits[i];
    }
  }

  public boolean allows(int token) {
    return token >= 0 && token < vocabulary && (bits[token >>> 6] >>> token & 1) != 0;
  }

  /** Forbids all tokens again. */
  public void clear() {
    java.util.Arrays.fill(bits, 0);
  }

  /** Number of allowed tokens. */
  public int count() {
    int count = 0;
    for (long word : bits) {
      count += Long.bitCount(word);
    }
    return count;
  }

  /** Its size in words of 64 bits. */
  public int words() {
    return bits.length;
  }

  /** Makes forbidden tokens impossible; logits beyond the vocabulary are forbidden too. */
  public void apply(float[] logits) {
    for (int from = 0; from < logits.length; from += 64) {
      int to = Math.min(logits.length, from + 64);
      long word = from >>> 6 < bits.length ? bits[from >>> 6] : 0;
      if (word == 0) {
        java.util.Arrays.fill(logits, from, to, Float.NEGATIVE_INFINITY);
      } else if (word != -1) {
        for (int i = from; i < to; i++) {
          if ((word >>> i & 1) == 0) {
            logits[i] = Float.NEGATIVE_INFINITY;
          }
        }
      }
    }
  }
}
