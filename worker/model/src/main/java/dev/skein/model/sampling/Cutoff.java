package dev.skein.model.sampling;

import java.util.Arrays;

/**
 * Finds the value at which a list of numbers from 0 to 1, taken from the greatest on, reaches a sum
 * or a number of members, without sorting a whole vocabulary: long lists are first counted into
 * buckets by the upper bits of the floats (which order them), and only the bucket in question is
 * sorted.
 */
final class Cutoff {
  private static final int SHORT = 512;
  private static final int SHIFT = 16;
  private static final int BUCKETS = (Float.floatToRawIntBits(1f) >>> SHIFT) + 1;

  private final float[] sorted;
  private final double[] buckets = new double[BUCKETS];

  Cutoff(int vocabulary) {
    this.sorted = new float[vocabulary];
  }

  /** The least of the greatest values that together reach {@code sum}. */
  float bySum(float[] values, int count, double sum) {
    return find(values, count, sum, true);
  }

  /** The k-th greatest value; the least one if there are fewer. */
  float byRank(float[] values, int count, int k) {
    return find(values, count, k, false);
  }

  private float find(float[] values, int count, double target, boolean sum) {
    if (count <= SHORT) {
      System.arraycopy(values, 0, sorted, 0, count);
      return walk(count, 0, target, sum);
    }
    Arrays.fill(buckets, 0);
    for (int i = 0; i < count; i++) {
      buckets[bucket(values[i])] += sum ? values[i] : 1;
    }
    double above = 0;
    int last = BUCKETS - 1;
    while (last > 0 && above + buckets[last] < target) {
      above += buckets[last--];
    }
    int members = 0;
    for (int i = 0; i < count; i++) {
      if (bucket(values[i]) == last) {
        sorted[members++] = values[i];
      }
    }
    return members == 0 ? 0 : walk(members, above, target, sum);
  }

  private float walk(int count, double above, double target, boolean sum) {
    Arrays.sort(sorted, 0, count);
    double reached = above;
    for (int i = count - 1; i > 0; i--) {
      reached += sum ? sorted[i] : 1;
      if (reached >= target) {
        return sorted[i];
      }
    }
    return sorted[0];
  }

  private static int bucket(float value) {
    return Float.floatToRawIntBits(value) >>> SHIFT;
  }
}
