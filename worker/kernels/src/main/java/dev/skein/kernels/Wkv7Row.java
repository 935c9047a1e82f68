package dev.skein.kernels;

/**
 * The vectors of one token for {@link Kernels#wkv7}, each of all heads one after another.
 *
 * @param r receptance
 * @param w decay
 * @param k key
 * @param v value
 * @param kk what is taken out of the state, of length 1 in each head
 * @param b {@code kk} times the in-context rate
 * @param y the result
 */
@SuppressWarnings("ArrayRecordComponent") // a holder, never compared
public record Wkv7Row(
    float[] r, float[] w, float[] k, float[] v, float[] kk, float[] b, float[] y) {

  /** A row of fresh vectors. */
  public Wkv7Row(int width) {
    this(
        new float[width],
        new float[width],
        new float[width],
        new float[width],
        new float[width],
        new float[width],
        new float[width]);
  }
}
