package dev.skein.kernels;

/**
 * Sums in the one order of {@link Kernels}: sixteen partial sums, element i to sum i mod 16, then a
 * balanced tree of neighbours.
 */
final class ScalarSums {
  static final int SUMS = 16;

  private ScalarSums() {}

  static float sum(float[] x, int from, int n) {
    return sum(x, from, n, 0, SUMS);
  }

  private static float sum(float[] x, int from, int n, int lane, int lanes) {
    if (lanes > 1) {
      int half = lanes / 2;
      return sum(x, from, n, lane, half) + sum(x, from, n, lane + half, half);
    }
    float sum = 0;
    for (int i = lane; i < n; i += SUMS) {
      sum += x[from + i];
    }
    return sum;
  }

  /** The sum of {@code (x - mean)^2}. */
  static float squares(float[] x, float mean, int from, int n) {
    return squares(x, mean, from, n, 0, SUMS);
  }

  private static float squares(float[] x, float mean, int from, int n, int lane, int lanes) {
    if (lanes > 1) {
      int half = lanes / 2;
      return squares(x, mean, from, n, lane, half) + squares(x, mean, from, n, lane + half, half);
    }
    float sum = 0;
    for (int i = lane; i < n; i += SUMS) {
      float d = x[from + i] - mean;
      sum = Math.fma(d, d, sum);
    }
    return sum;
  }

  static float dot(float[] a, float[] b, float[] c, int from, int n) {
    return dot(a, b, c, from, n, 0, SUMS);
  }

  private static float dot(float[] a, float[] b, float[] c, int from, int n, int lane, int lanes) {
    if (lanes > 1) {
      int half = lanes / 2;
      return dot(a, b, c, from, n, lane, half) + dot(a, b, c, from, n, lane + half, half);
    }
    float sum = 0;
    for (int i = lane; i < n; i += SUMS) {
      sum = Math.fma(a[from + i] * b[from + i], c[from + i], sum);
    }
    return sum;
  }

  /** {@code 1 / sqrt(squares / n + eps)}. */
  static float inverseDeviation(float squares, int n, float eps) {
    return 1 / (float) Math.sqrt(squares / n + eps);
  }
}
