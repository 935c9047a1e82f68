package dev.skein.kernels;

/**
 * Sums over {@code n} columns of a row in the one order of {@link Kernels}: sixteen partial sums,
 * element i to sum i mod 16, then a balanced tree of neighbours.
 */
final class ScalarSums {
  static final int SUMS = 16;

  private ScalarSums() {}

  static float sum(Rows x, int row, int from, int n) {
    return sum(x, row, from, from + n, SUMS);
  }

  /** The partial sums that begin at columns {@code lane .. lane + lanes}. */
  private static float sum(Rows x, int row, int lane, int to, int lanes) {
    if (lanes > 1) {
      int half = lanes / 2;
      return sum(x, row, lane, to, half) + sum(x, row, lane + half, to, half);
    }
    float sum = 0;
    for (int i = lane; i < to; i += SUMS) {
      sum += x.get(row, i);
    }
    return sum;
  }

  /** The sum of {@code (x - mean)^2}. */
  static float squares(Rows x, int row, float mean, int from, int n) {
    return squares(x, row, mean, from, from + n, SUMS);
  }

  private static float squares(Rows x, int row, float mean, int lane, int to, int lanes) {
    if (lanes > 1) {
      int half = lanes / 2;
      return squares(x, row, mean, lane, to, half) + squares(x, row, mean, lane + half, to, half);
    }
    float sum = 0;
    for (int i = lane; i < to; i += SUMS) {
      float d = x.get(row, i) - mean;
      sum = Math.fma(d, d, sum);
    }
    return sum;
  }

  /** The sum of {@code a b c}, c being the first row. */
  static float dot(Rows a, Rows b, int row, Rows c, int from, int n) {
    return dot(a, b, row, c, from, from + n, SUMS);
  }

  private static float dot(Rows a, Rows b, int row, Rows c, int lane, int to, int lanes) {
    if (lanes > 1) {
      int half = lanes / 2;
      return dot(a, b, row, c, lane, to, half) + dot(a, b, row, c, lane + half, to, half);
    }
    float sum = 0;
    for (int i = lane; i < to; i += SUMS) {
      sum = Math.fma(a.get(row, i) * b.get(row, i), c.get(0, i), sum);
    }
    return sum;
  }

  /** {@code 1 / sqrt(squares / n + eps)}. */
  static float inverseDeviation(float squares, int n, float eps) {
    return 1 / (float) Math.sqrt(squares / n + eps);
  }
}
