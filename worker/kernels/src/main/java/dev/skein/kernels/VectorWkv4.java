package dev.skein.kernels;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The RWKV-4 recurrence, with the pieces around its exponentials as small loops: one loop for all
 * would be more than the compiler takes apart, and it would then allocate every vector.
 */
final class VectorWkv4 {
  private VectorWkv4() {}

  static void run(Wkv4Rows x, Wkv4Weights weights, Stretch s) {
    long wAt = 4L * s.from;
    long maxima = s.state + weights.maxima() + wAt;
    MemorySegment k = x.k().data();
    MemorySegment e2 = x.e2().data();
    for (int t = s.start; t < s.end; t++) {
      long at = x.k().at(t, s.from);
      MemorySegment.copy(k, at, e2, at, 4L * s.n);
      VectorRows.add(e2, at, weights.first().data(), wAt, s.n);
      exponentials(x, e2, at, s.states, maxima, s.n);
      read(x, weights, s, at);
      VectorRows.sigmoid(x.r().data(), at, s.n);
      VectorRows.multiply(x.y().data(), at, x.r().data(), at, s.n);
      VectorRows.add(s.states, maxima, weights.decay().data(), wAt, s.n);
      exponentials(x, k, at, s.states, maxima, s.n);
      advance(x, weights, s, at);
    }
  }

  /** {@code e1} and {@code e2} from the logarithms of the older weights and of the newer one. */
  private static void exponentials(
      Wkv4Rows x, MemorySegment newer, long at, MemorySegment older, long olderAt, int n) {
    gap(x, newer, at, older, olderAt, n);
    for (int i = 0; i < 2; i++) { // two calls in one place: the compiler takes only one apart
      VectorRows.exp(i == 0 ? x.e1().data() : x.e2().data(), at, n, 1);
    }
  }

  /** {@code e1 = min(older - newer, 0)} and {@code e2 = min(newer - older, 0)}. */
  private static void gap(
      Wkv4Rows x, MemorySegment newer, long at, MemorySegment older, long olderAt, int n) {
    MemorySegment e1 = x.e1().data();
    MemorySegment e2 = x.e2().data();
    int i = 0;
    for (; i <= n - Lanes.V; i += Lanes.V) {
      FloatVector d = Lanes.load(older, olderAt + 4L * i).sub(Lanes.load(newer, at + 4L * i));
      Lanes.store(d.min(0), e1, at + 4L * i);
      Lanes.store(d.neg().min(0), e2, at + 4L * i);
    }
    if (i < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, n);
      FloatVector d =
          Lanes.load(older, olderAt + 4L * i, rest).sub(Lanes.load(newer, at + 4L * i, rest));
      Lanes.store(d.min(0), e1, at + 4L * i, rest);
      Lanes.store(d.neg().min(0), e2, at + 4L * i, rest);
    }
  }

  /** {@code y = (e1 a + e2 v) / (e1 b + e2)}. */
  private static void read(Wkv4Rows x, Wkv4Weights weights, Stretch s, long at) {
    long sums = s.state + weights.sums() + 4L * s.from;
    long wholes = s.state + weights.weights() + 4L * s.from;
    MemorySegment y = x.y().data();
    int i = 0;
    for (; i <= s.n - Lanes.V; i += Lanes.V) {
      FloatVector e1 = Lanes.load(x.e1().data(), at + 4L * i);
      FloatVector e2 = Lanes.load(x.e2().data(), at + 4L * i);
      FloatVector v = e2.mul(Lanes.load(x.v().data(), at + 4L * i));
      FloatVector above = e1.fma(Lanes.load(s.states, sums + 4L * i), v);
      FloatVector below = e1.fma(Lanes.load(s.states, wholes + 4L * i), e2);
      Lanes.store(above.div(below), y, at + 4L * i);
    }
    if (i < s.n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, s.n);
      FloatVector e1 = Lanes.load(x.e1().data(), at + 4L * i, rest);
      FloatVector e2 = Lanes.load(x.e2().data(), at + 4L * i, rest);
      FloatVector v = e2.mul(Lanes.load(x.v().data(), at + 4L * i, rest));
      FloatVector above = e1.fma(Lanes.load(s.states, sums + 4L * i, rest), v);
      FloatVector below = e1.fma(Lanes.load(s.states, wholes + 4L * i, rest), e2);
      Lanes.store(above.div(below), y, at + 4L * i, rest);
    }
  }

  /** {@code a = e1 a + e2 v}, {@code b = e1 b + e2}, {@code m = max(m, k)}. */
  private static void advance(Wkv4Rows x, Wkv4Weights weights, Stretch s, long at) {
    long sums = s.state + weights.sums() + 4L * s.from;
    long wholes = s.state + weights.weights() + 4L * s.from;
    long maxima = s.state + weights.maxima() + 4L * s.from;
    int i = 0;
    for (; i <= s.n - Lanes.V; i += Lanes.V) {
      FloatVector e1 = Lanes.load(x.e1().data(), at + 4L * i);
      FloatVector e2 = Lanes.load(x.e2().data(), at + 4L * i);
      FloatVector v = e2.mul(Lanes.load(x.v().data(), at + 4L * i));
      Lanes.store(e1.fma(Lanes.load(s.states, sums + 4L * i), v), s.states, sums + 4L * i);
      Lanes.store(e1.fma(Lanes.load(s.states, wholes + 4L * i), e2), s.states, wholes + 4L * i);
      FloatVector k = Lanes.load(x.k().data(), at + 4L * i);
      Lanes.store(Lanes.load(s.states, maxima + 4L * i).max(k), s.states, maxima + 4L * i);
    }
    if (i < s.n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, s.n);
      FloatVector e1 = Lanes.load(x.e1().data(), at + 4L * i, rest);
      FloatVector e2 = Lanes.load(x.e2().data(), at + 4L * i, rest);
      FloatVector v = e2.mul(Lanes.load(x.v().data(), at + 4L * i, rest));
      FloatVector a = e1.fma(Lanes.load(s.states, sums + 4L * i, rest), v);
      Lanes.store(a, s.states, sums + 4L * i, rest);
      FloatVector b = e1.fma(Lanes.load(s.states, wholes + 4L * i, rest), e2);
      Lanes.store(b, s.states, wholes + 4L * i, rest);
      FloatVector k = Lanes.load(x.k().data(), at + 4L * i, rest);
      FloatVector m = Lanes.load(s.states, maxima + 4L * i, rest).max(k);
      Lanes.store(m, s.states, maxima + 4L * i, rest);
    }
  }
}
