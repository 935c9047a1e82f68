package dev.skein.kernels;

/** Finds the step between neighbouring values of four bits that a group of weights fits best. */
final class Int4Steps {
  /** Values of the largest weight that are tried: it always lies on the side that reaches to -8. */
  private static final float[] LARGEST = {-7.1f, -7.4f, -7.7f, -8, -8.3f, -8.6f, -9f};

  private Int4Steps() {}

  /**
   * The step {@code d}, which may be negative, with a small {@code sum (w - d q)^2} over weights
   * {@code from .. to}. The whole numbers {@code q} come from a few steps around the one that gives
   * the largest weight the value -8; for given numbers the best step is {@code sum w q / sum q^2},
   * and the larger {@code (sum w q)^2 / sum q^2}, the smaller what is left.
   *
   * @return NaN or infinite if a weight is
   */
  static float best(float[] w, int from, int to) {
    float largest = 0;
    for (int k = from; k < to; k++) {
      if (!(Math.abs(w[k]) <= Math.abs(largest))) { // NaN stays NaN
        largest = w[k];
        if (!(Math.abs(largest) <= Float.MAX_VALUE)) {
          return Float.NaN;
        }
      }
    }
    if (Math.abs(largest) < 1e-30f) {
      return 0;
    }
    float best = largest / -8;
    float explained = 0;
    for (float value : LARGEST) {
      float inverse = value / largest;
      float products = 0;
      float squares = 0;
      for (int k = from; k < to; k++) {
        float q = nearest(w[k] * inverse);
        products += w[k] * q;
        squares += q * q;
      }
      float gain = products / squares * products;
      if (gain > explained) {
        explained = gain;
        best = products / squares;
      }
    }
    return best;
  }

  /** The nearest of the whole numbers from -8 to 7. */
  static int nearest(float x) {
    return (int) Math.rint(Math.max(-8, Math.min(7, x)));
  }
}
