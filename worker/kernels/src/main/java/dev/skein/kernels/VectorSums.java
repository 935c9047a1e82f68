package dev.skein.kernels;

import java.lang.foreign.MemorySegment;
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

  static float sum(MemorySegment x, long at, int n) {
    return switch (Lanes.V) {
      case 16 -> sumPass(x, at, n, 0);
      case 8 -> sumPass(x, at, n, 0) + sumPass(x, at, n, 8);
      default ->
          (sumPass(x, at, n, 0) + sumPass(x, at, n, 4))
              + (sumPass(x, at, n, 8) + sumPass(x, at, n, 12));
    };
  }

  private static float sumPass(MemorySegment x, long at, int n, int lane) {
    FloatVector sum = FloatVector.zero(Lanes.FLOATS);
    int i = lane;
    for (; i <= n - Lanes.V; i += ScalarSums.SUMS) {
      sum = sum.add(Lanes.load(x, at + 4L * i));
    }
    if (i < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, n);
      sum = sum.add(Lanes.load(x, at + 4L * i, rest), rest);
    }
    return tree(sum);
  }

  static float squares(MemorySegment x, float mean, long at, int n) {
    return switch (Lanes.V) {
      case 16 -> squaresPass(x, mean, at, n, 0);
      case 8 -> squaresPass(x, mean, at, n, 0) + squaresPass(x, mean, at, n, 8);
      default ->
          (squaresPass(x, mean, at, n, 0) + squaresPass(x, mean, at, n, 4))
              + (squaresPass(x, mean, at, n, 8) + squaresPass(x, mean, at, n, 12));
    };
  }

  private static float squaresPass(MemorySegment x, float mean, long at, int n, int lane) {
    FloatVector sum = FloatVector.zero(Lanes.FLOATS);
    int i = lane;
    for (; i <= n - Lanes.V; i += ScalarSums.SUMS) {
      FloatVector d = Lanes.load(x, at + 4L * i).sub(mean);
      sum = d.fma(d, sum);
    }
    if (i < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, n);
      FloatVector d = Lanes.load(x, at + 4L * i, rest).sub(mean);
      sum = sum.blend(d.fma(d, sum), rest);
    }
    return tree(sum);
  }

  /** The sum of {@code a b c}; a and b stand at the same place, c begins at {@code cAt}. */
  static float dot(Rows a, Rows b, int row, Rows c, int from, int n) {
    long at = a.at(row, from);
    MemorySegment as = a.data();
    MemorySegment bs = b.data();
    MemorySegment cs = c.data();
    return switch (Lanes.V) {
      case 16 -> dotPass(as, bs, cs, at, 4L * from, n, 0);
      case 8 -> dotPass(as, bs, cs, at, 4L * from, n, 0) + dotPass(as, bs, cs, at, 4L * from, n, 8);
      default ->
          (dotPass(as, bs, cs, at, 4L * from, n, 0) + dotPass(as, bs, cs, at, 4L * from, n, 4))
              + (dotPass(as, bs, cs, at, 4L * from, n, 8)
                  + dotPass(as, bs, cs, at, 4L * from, n, 12));
    };
  }

  private static float dotPass(
      MemorySegment a, MemorySegment b, MemorySegment c, long at, long cAt, int n, int lane) {
    FloatVector sum = FloatVector.zero(Lanes.FLOATS);
    int i = lane;
    for (; i <= n - Lanes.V; i += ScalarSums.SUMS) {
      FloatVector ab = Lanes.load(a, at + 4L * i).mul(Lanes.load(b, at + 4L * i));
      sum = ab.fma(Lanes.load(c, cAt + 4L * i), sum);
    }
    if (i < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, n);
      FloatVector ab = Lanes.load(a, at + 4L * i, rest).mul(Lanes.load(b, at + 4L * i, rest));
      sum = sum.blend(ab.fma(Lanes.load(c, cAt + 4L * i, rest), sum), rest);
    }
    return tree(sum);
  }
}
