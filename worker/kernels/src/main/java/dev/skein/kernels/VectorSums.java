package dev.skein.kernels;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * {@link ScalarSums} with vectors. A vector narrower than sixteen lanes takes the sixteen partial
 * sums in several passes over the data; the tree of neighbours is the same.
 */
final class VectorSums {
  private static final VectorShuffle<Float> SWAP_1 = swap(1);
  private static final VectorShuffle<Float> SWAP_2 = swap(2);
  private static final VectorShuffle<Float> SWAP_4 = swap(4);
  private static final VectorShuffle<Float> SWAP_8 = swap(8);

  private VectorSums() {}

  private static VectorShuffle<Float> swap(int distance) {
    return VectorShuffle.fromOp(Lanes.FLOATS, i -> (i ^ distance) & (Lanes.V - 1));
  }

  /** The tree of neighbours over the lanes of one vector. */
  private static float tree(FloatVector x) {
    FloatVector t = x.add(x.rearrange(SWAP_1));
    t = t.add(t.rearrange(SWAP_2));
    if (Lanes.V >= 8) {
      t = t.add(t.rearrange(SWAP_4));
    }
    if (Lanes.V >= 16) {
      t = t.add(t.rearrange(SWAP_8));
    }
    return t.lane(0);
  }

  static float sum(float[] x, int from, int n) {
    return switch (Lanes.V) {
      case 16 -> sumPass(x, from, n, 0);
      case 8 -> sumPass(x, from, n, 0) + sumPass(x, from, n, 8);
      default ->
          (sumPass(x, from, n, 0) + sumPass(x, from, n, 4))
              + (sumPass(x, from, n, 8) + sumPass(x, from, n, 12));
    };
  }

  private static float sumPass(float[] x, int from, int n, int lane) {
    FloatVector sum = FloatVector.zero(Lanes.FLOATS);
    int i = lane;
    for (; i <= n - Lanes.V; i += ScalarSums.SUMS) {
      sum = sum.add(FloatVector.fromArray(Lanes.FLOATS, x, from + i));
    }
    if (i < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, n);
      sum = sum.add(FloatVector.fromArray(Lanes.FLOATS, x, from + i, rest), rest);
    }
    return tree(sum);
  }

  static float squares(float[] x, float mean, int from, int n) {
    return switch (Lanes.V) {
      case 16 -> squaresPass(x, mean, from, n, 0);
      case 8 -> squaresPass(x, mean, from, n, 0) + squaresPass(x, mean, from, n, 8);
      default ->
          (squaresPass(x, mean, from, n, 0) + squaresPass(x, mean, from, n, 4))
              + (squaresPass(x, mean, from, n, 8) + squaresPass(x, mean, from, n, 12));
    };
  }

  private static float squaresPass(float[] x, float mean, int from, int n, int lane) {
    FloatVector sum = FloatVector.zero(Lanes.FLOATS);
    int i = lane;
    for (; i <= n - Lanes.V; i += ScalarSums.SUMS) {
      FloatVector d = FloatVector.fromArray(Lanes.FLOATS, x, from + i).sub(mean);
      sum = d.fma(d, sum);
    }
    if (i < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, n);
      FloatVector d = FloatVector.fromArray(Lanes.FLOATS, x, from + i, rest).sub(mean);
      sum = sum.blend(d.fma(d, sum), rest);
    }
    return tree(sum);
  }

  static float dot(float[] a, float[] b, float[] c, int from, int n) {
    return switch (Lanes.V) {
      case 16 -> dotPass(a, b, c, from, n, 0);
      case 8 -> dotPass(a, b, c, from, n, 0) + dotPass(a, b, c, from, n, 8);
      default ->
          (dotPass(a, b, c, from, n, 0) + dotPass(a, b, c, from, n, 4))
              + (dotPass(a, b, c, from, n, 8) + dotPass(a, b, c, from, n, 12));
    };
  }

  private static float dotPass(float[] a, float[] b, float[] c, int from, int n, int lane) {
    FloatVector sum = FloatVector.zero(Lanes.FLOATS);
    int i = lane;
    for (; i <= n - Lanes.V; i += ScalarSums.SUMS) {
      FloatVector ab =
          FloatVector.fromArray(Lanes.FLOATS, a, from + i)
              .mul(FloatVector.fromArray(Lanes.FLOATS, b, from + i));
      sum = ab.fma(FloatVector.fromArray(Lanes.FLOATS, c, from + i), sum);
    }
    if (i < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, n);
      FloatVector ab =
          FloatVector.fromArray(Lanes.FLOATS, a, from + i, rest)
              .mul(FloatVector.fromArray(Lanes.FLOATS, b, from + i, rest));
      FloatVector cs = FloatVector.fromArray(Lanes.FLOATS, c, from + i, rest);
      sum = sum.blend(ab.fma(cs, sum), rest);
    }
    return tree(sum);
  }
}
