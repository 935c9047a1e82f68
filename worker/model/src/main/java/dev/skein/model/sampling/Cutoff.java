package dev.skein.model.sampling;

import dev.skein.kernels.Kernels;
import java.util.Arrays;

/**
 * Finds the value at which a list of numbers from 0 to 1, taken from the greatest on, reaches a sum
 * or a number of members, without sorting a whole vocabulary: the range in which the value lies is
 * halved (by the bits of floats, which order them) and the list cut down to it, until so few are
 * left that they can be sorted.
 */
final class Cutoff {
  private static final int SHORT = 256;

  private final Kernels kernels;
  private float[] left;
  private float[] upper;

  Cutoff(Kernels kernels, int vocabulary) {
    this.kernels = kernels;
    this.left = new float[vocabulary];
    this.upper = new float[vocabulary];
  }

  /**
   * The least of the greatest values that together reach {@code sum}.
   *
   * @param least no value is less than this
   */
  float bySum(float[] values, int count, float least, double sum) {
    return find(values, count, least, sum, true);
  }

  /** The k-th greatest value; the least one if there are fewer. */
  float byRank(float[] values, int count, int k) {
    return find(values, count, 0, k, false);
  }

  private float find(float[] values, int count, float least, double target, boolean sum) {
    System.arraycopy(values, 0, left, 0, count);
    int members = count;
    double above = 0; // of all that is greater than what is left
    int low = Float.floatToRawIntBits(least);
    int high = Float.floatToRawIntBits(1f) + 1;
    while (members > SHORT && high - low > 1) {
      int middle = (low + high) >>> 1;
      float half = Float.intBitsToFloat(middle);
      int greater = kernels.keepBetween(left, members, half, Float.POSITIVE_INFINITY, upper);
      double reached = above + (sum ? kernels.sum(upper, greater) : greater);
      if (reached >= target || greater == members) {
        float[] swapped = left;
        left = upper;
        upper = swapped;
        members = greater;
        low = middle;
      } else {
        above = reached;
        members = kernels.keepBetween(left, members, 0, half, left);
        high = middle;
      }
    }
    return walk(members, above, target, sum);
  }

  private float walk(int count, double above, double target, boolean sum) {
    Arrays.sort(left, 0, count);
    double reached = above;
    for (int i = count - 1; i > 0; i--) {
      reached += sum ? left[i] : 1;
      if (reached >= target) {
        return left[i];
      }
    }
    return left[0];
  }
}
