package dev.skein.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * The recurrence of RWKV-5 and 6 with a lane per value index: no sum crosses lanes, and every
 * element of the state is read and written once.
 */
final class VectorWkv6 {
  private VectorWkv6() {}

  static void run(Wkv6Rows x, Wkv6Weights weights, Stretch s) {
    for (int t = s.start; t < s.end; t++) {
      decay(x, weights, t, s);
      int j = 0;
      for (; j <= s.n - 4 * Lanes.V; j += 4 * Lanes.V) {
        fourVectors(x, t, s, j);
      }
      for (; j <= s.n - Lanes.V; j += Lanes.V) {
        oneVector(x, t, s, j);
      }
      for (; j < s.n; j++) {
        ScalarHeads.lane(x, t, s, j);
      }
      finish(x, weights, t, s.from, s.n);
    }
  }

  private static void decay(Wkv6Rows x, Wkv6Weights weights, int t, Stretch s) {
    MemorySegment w = x.w().data();
    long at = x.w().at(t, s.from);
    MemorySegment decay = weights.decay().data();
    if (weights.decaysByToken()) {
      VectorRows.add(w, at, decay, 4L * s.from, s.n);
      for (int i = 0; i < 2; i++) { // two calls in one place: the compiler takes only one apart
        VectorRows.exp(w, at, s.n, i == 0 ? 1 : -1);
      }
    } else {
      MemorySegment.copy(decay, 4L * s.from, w, at, 4L * s.n);
    }
  }

  private static void finish(Wkv6Rows x, Wkv6Weights weights, int t, int from, int n) {
    MemorySegment y = x.y().data();
    long at = x.y().at(t, from);
    float bonus = VectorSums.dot(x.r(), x.k(), t, weights.first(), from, n);
    VectorRows.addScaled(y, at, bonus, x.v().data(), n);
    VectorRows.normalize(x.y(), t, weights.norm(), from, n, x.y(), t);
    if (x.g().columns() > 0) {
      VectorRows.silu(x.g().data(), at, n);
      VectorRows.multiply(y, at, x.g().data(), at, n);
    }
  }

  private static FloatVector all(MemorySegment x, long at) {
    return Lanes.floats(x.get(ValueLayout.JAVA_FLOAT, at));
  }

  private static void oneVector(Wkv6Rows x, int t, Stretch s, int j) {
    long from = x.v().at(t, s.from);
    FloatVector v = Lanes.load(x.v().data(), from + 4L * j);
    FloatVector y = FloatVector.zero(Lanes.FLOATS);
    long at = s.state + 4L * j;
    for (int i = 0; i < s.n; i++, at += s.n * 4L) {
      FloatVector state = Lanes.load(s.states, at);
      y = state.fma(all(x.r().data(), from + 4L * i), y);
      FloatVector added = v.mul(all(x.k().data(), from + 4L * i));
      Lanes.store(state.fma(all(x.w().data(), from + 4L * i), added), s.states, at);
    }
    Lanes.store(y, x.y().data(), from + 4L * j);
  }

  private static void fourVectors(Wkv6Rows x, int t, Stretch s, int j) {
    MemorySegment states = s.states;
    MemorySegment rs = x.r().data();
    MemorySegment ws = x.w().data();
    MemorySegment ks = x.k().data();
    MemorySegment vs = x.v().data();
    int n = s.n;
    long next = Lanes.V * 4L;
    long from = x.v().at(t, s.from);
    long here = from + 4L * j;
    FloatVector v0 = Lanes.load(vs, here);
    FloatVector v1 = Lanes.load(vs, here + next);
    FloatVector v2 = Lanes.load(vs, here + 2 * next);
    FloatVector v3 = Lanes.load(vs, here + 3 * next);
    FloatVector y0 = FloatVector.zero(Lanes.FLOATS);
    FloatVector y1 = y0;
    FloatVector y2 = y0;
    FloatVector y3 = y0;
    long offset = s.state + 4L * j;
    for (int i = 0; i < n; i++) {
      long at = offset + i * (n * 4L);
      FloatVector r = all(rs, from + 4L * i);
      FloatVector w = all(ws, from + 4L * i);
      FloatVector k = all(ks, from + 4L * i);
      FloatVector s0 = Lanes.load(states, at);
      y0 = s0.fma(r, y0);
      Lanes.store(s0.fma(w, v0.mul(k)), states, at);
      FloatVector s1 = Lanes.load(states, at + next);
      y1 = s1.fma(r, y1);
      Lanes.store(s1.fma(w, v1.mul(k)), states, at + next);
      FloatVector s2 = Lanes.load(states, at + 2 * next);
      y2 = s2.fma(r, y2);
      Lanes.store(s2.fma(w, v2.mul(k)), states, at + 2 * next);
      FloatVector s3 = Lanes.load(states, at + 3 * next);
      y3 = s3.fma(r, y3);
      Lanes.store(s3.fma(w, v3.mul(k)), states, at + 3 * next);
    }
    MemorySegment ys = x.y().data();
    Lanes.store(y0, ys, here);
    Lanes.store(y1, ys, here + next);
    Lanes.store(y2, ys, here + 2 * next);
    Lanes.store(y3, ys, here + 3 * next);
  }
}
