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

  /** The sum of the first n elements, in doubles; all partial sums at once, for speed. */
  static double sum(float[] x, int n) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    double s4 = 0;
    double s5 = 0;
    double s6 = 0;
    double s7 = 0;
    double s8 = 0;
    double s9 = 0;
    double s10 = 0;
    double s11 = 0;
    double s12 = 0;
    double s13 = 0;
    double s14 = 0;
    double s15 = 0;
    int i = 0;
    for (; i <= n - SUMS; i += SUMS) {
      s0 += x[i];
      s1 += x[i + 1];
      s2 += x[i + 2];
      s3 += x[i + 3];
      s4 += x[i + 4];
      s5 += x[i + 5];
      s6 += x[i + 6];
      s7 += x[i + 7];
      s8 += x[i + 8];
      s9 += x[i + 9];
      s10 += x[i + 10];
      s11 += x[i + 11];
      s12 += x[i + 12];
      s13 += x[i + 13];
      s14 += x[i + 14];
      s15 += x[i + 15];
    }
    s0 += i < n ? x[i] : 0;
    s1 += i + 1 < n ? x[i + 1] : 0;
    s2 += i + 2 < n ? x[i + 2] : 0;
    s3 += i + 3 < n ? x[i + 3] : 0;
    s4 += i + 4 < n ? x[i + 4] : 0;
    s5 += i + 5 < n ? x[i + 5] : 0;
    s6 += i + 6 < n ? x[i + 6] : 0;
    s7 += i + 7 < n ? x[i + 7] : 0;
    s8 += i + 8 < n ? x[i + 8] : 0;
    s9 += i + 9 < n ? x[i + 9] : 0;
    s10 += i + 10 < n ? x[i + 10] : 0;
    s11 += i + 11 < n ? x[i + 11] : 0;
    s12 += i + 12 < n ? x[i + 12] : 0;
    s13 += i + 13 < n ? x[i + 13] : 0;
    s14 += i + 14 < n ? x[i + 14] : 0;
    s15 += i + 15 < n ? x[i + 15] : 0;
    return (((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7)))
        + (((s8 + s9) + (s10 + s11)) + ((s12 + s13) + (s14 + s15)));
  }

  /** {@code 1 / sqrt(squares / n + eps)}. */
  static float inverseDeviation(float squares, int n, float eps) {
    return 1 / (float) Math.sqrt(squares / n + eps);
  }
}
