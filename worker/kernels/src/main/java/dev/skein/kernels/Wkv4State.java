package dev.skein.kernels;

/**
 * The state of {@link Kernels#wkv4}: of everything read so far the weighted sum of values and the
 * sum of weights, both divided by {@code e^m}.
 *
 * @param a sum of weighted values
 * @param b sum of weights
 * @param m the largest logarithm of a weight, -1e30 before the first token
 * @param e1 and e2: room for the kernels
 */
@SuppressWarnings("ArrayRecordComponent") // a holder, never compared
public record Wkv4State(float[] a, float[] b, float[] m, float[] e1, float[] e2) {
  /** A state of fresh vectors, all zero. */
  public Wkv4State(int width) {
    this(
        new float[width],
        new float[width],
        new float[width],
        new float[width],
        new float[width]);
  }
}
