package dev.skein.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * The RWKV-7 recurrence with a lane per value index: no sum crosses lanes. The first pass over the
 * keys finds what is taken out and leaves it, negated, where the result will stand; the second
 * changes the state and reads it; a head of 64 stays in the first cache between them. Both passes
 * in one method would be more than the compiler takes apart.
 */
final class VectorWkv7 {
  private VectorWkv7() {}

  static void run(Wkv7Rows x, Wkv7Weights weights, Stretch s) {
    for (int t = s.start; t < s.end; t++) {
      prepare(x, weights, t, s.from, s.n);
      int i = 0;
      for (; i <= s.n - 4 * Lanes.V; i += 4 * Lanes.V) {
        takenFour(x, t, s, i);
      }
      for (; i <= s.n - Lanes.V; i += Lanes.V) {
        takenOne(x, t, s, i);
      }
      int whole = i;
      for (i = 0; i <= whole - 2 * Lanes.V; i += 2 * Lanes.V) {
        changeTwo(x, t, s, i);
      }
      for (; i < whole; i += Lanes.V) {
        changeOne(x, t, s, i);
      }
      for (; i < s.n; i++) {
        ScalarHeads.lane(x, t, s, i);
      }
      finish(x, weights, t, s.from, s.n);
    }
  }

  private static void prepare(Wkv7Rows x, Wkv7Weights weights, int t, int from, int n) {
    long at = x.r().at(t, from);
    long wAt = 4L * from;
    MemorySegment a = x.a().data();
    MemorySegment k = x.k().data();
    MemorySegment kk = x.kk().data();
    decay(x.w().data(), at, weights.baseW().data(), wAt, n);
    VectorRows.add(a, at, weights.baseA().data(), wAt, n);
    VectorRows.sigmoid(a, at, n);
    Rows baseV = weights.baseV();
    Rows residual = x.residual();
    if (baseV != null && residual != null) {
      VectorRows.add(residual.data(), at, baseV.data(), wAt, n);
      VectorRows.sigmoid(residual.data(), at, n);
      MemorySegment v = x.v().data();
      VectorRows.mix(v, at, x.firstV().data(), residual.data(), at, v, n);
    }
    VectorRows.product(k, kk, at, weights.removal().data(), wAt, n);
    VectorRows.l2Normalize(kk, at, n, Wkv7Weights.MIN_NORM);
    VectorRows.scaleKey(k, a, at, weights.keyRate().data(), wAt, n);
    VectorRows.product(kk, x.b().data(), at, a, at, n);
  }

  private static void decay(MemorySegment w, long at, MemorySegment base, long baseAt, int n) {
    VectorRows.add(w, at, base, baseAt, n);
    for (int i = 0; i < 2; i++) { // two calls in one place: the compiler can take only one apart
      VectorRows.exp(w, at, n, i == 0 ? -1 : ScalarMath.DECAY);
      if (i == 0) {
        VectorRows.share(w, at, n);
      }
    }
  }

  private static void finish(Wkv7Rows x, Wkv7Weights weights, int t, int from, int n) {
    MemorySegment y = x.y().data();
    long at = x.y().at(t, from);
    VectorRows.normalize(x.y(), t, weights.norm(), from, n, x.y(), t);
    float bonus = VectorSums.dot(x.r(), x.k(), t, weights.bonus(), from, n);
    VectorRows.addScaled(y, at, bonus, x.v().data(), n);
    VectorRows.multiply(y, at, x.g().data(), at, n);
  }

  private static FloatVector all(MemorySegment x, long at) {
    return Lanes.floats(x.get(ValueLayout.JAVA_FLOAT, at));
  }

  private static void takenOne(Wkv7Rows x, int t, Stretch s, int i) {
    MemorySegment states = s.states;
    MemorySegment kks = x.kk().data();
    long from = x.kk().at(t, s.from);
    long offset = s.state + 4L * i;
    long stride = s.n * 4L;
    FloatVector taken = FloatVector.zero(Lanes.FLOATS);
    for (int j = 0; j < s.n; j++) {
      FloatVector kk = all(kks, from + 4L * j);
      taken = Lanes.load(states, offset + j * stride).fma(kk, taken);
    }
    Lanes.store(taken.neg(), x.y().data(), from + 4L * i);
  }

  private static void takenFour(Wkv7Rows x, int t, Stretch s, int i) {
    MemorySegment states = s.states;
    MemorySegment kks = x.kk().data();
    int n = s.n;
    long from = x.kk().at(t, s.from);
    long offset = s.state + 4L * i;
    long stride = n * 4L;
    long next = Lanes.V * 4L;
    FloatVector t0 = FloatVector.zero(Lanes.FLOATS);
    FloatVector t1 = t0;
    FloatVector t2 = t0;
    FloatVector t3 = t0;
    for (int j = 0; j < n; j++) {
      long at = offset + j * stride;
      FloatVector kk = all(kks, from + 4L * j);
      t0 = Lanes.load(states, at).fma(kk, t0);
      t1 = Lanes.load(states, at + next).fma(kk, t1);
      t2 = Lanes.load(states, at + 2 * next).fma(kk, t2);
      t3 = Lanes.load(states, at + 3 * next).fma(kk, t3);
    }
    MemorySegment ys = x.y().data();
    long at = from + 4L * i;
    Lanes.store(t0.neg(), ys, at);
    Lanes.store(t1.neg(), ys, at + next);
    Lanes.store(t2.neg(), ys, at + 2 * next);
    Lanes.store(t3.neg(), ys, at + 3 * next);
  }

  private static void changeOne(Wkv7Rows x, int t, Stretch s, int i) {
    MemorySegment states = s.states;
    long from = x.y().at(t, s.from);
    long offset = s.state + 4L * i;
    long stride = s.n * 4L;
    FloatVector taken = Lanes.load(x.y().data(), from + 4L * i);
    FloatVector v = Lanes.load(x.v().data(), from + 4L * i);
    FloatVector y = FloatVector.zero(Lanes.FLOATS);
    for (int j = 0; j < s.n; j++) {
      long at = offset + j * stride;
      FloatVector w = all(x.w().data(), from + 4L * j);
      FloatVector b = all(x.b().data(), from + 4L * j);
      FloatVector k = all(x.k().data(), from + 4L * j);
      FloatVector state = Lanes.load(states, at).fma(w, taken.fma(b, v.mul(k)));
      Lanes.store(state, states, at);
      y = state.fma(all(x.r().data(), from + 4L * j), y);
    }
    Lanes.store(y, x.y().data(), from + 4L * i);
  }

  private static void changeTwo(Wkv7Rows x, int t, Stretch s, int i) {
    MemorySegment states = s.states;
    MemorySegment ws = x.w().data();
    MemorySegment bs = x.b().data();
    MemorySegment ks = x.k().data();
    MemorySegment rs = x.r().data();
    MemorySegment ys = x.y().data();
    MemorySegment vs = x.v().data();
    int n = s.n;
    long from = x.y().at(t, s.from);
    long offset = s.state + 4L * i;
    long stride = n * 4L;
    long next = Lanes.V * 4L;
    long here = from + 4L * i;
    FloatVector t0 = Lanes.load(ys, here);
    FloatVector t1 = Lanes.load(ys, here + next);
    FloatVector v0 = Lanes.load(vs, here);
    FloatVector v1 = Lanes.load(vs, here + next);
    FloatVector y0 = FloatVector.zero(Lanes.FLOATS);
    FloatVector y1 = y0;
    for (int j = 0; j < n; j++) {
      long at = offset + j * stride;
      FloatVector w = all(ws, from + 4L * j);
      FloatVector b = all(bs, from + 4L * j);
      FloatVector k = all(ks, from + 4L * j);
      FloatVector r = all(rs, from + 4L * j);
      FloatVector s0 = Lanes.load(states, at).fma(w, t0.fma(b, v0.mul(k)));
      Lanes.store(s0, states, at);
      y0 = s0.fma(r, y0);
      FloatVector s1 = Lanes.load(states, at + next).fma(w, t1.fma(b, v1.mul(k)));
      Lanes.store(s1, states, at + next);
      y1 = s1.fma(r, y1);
    }
    Lanes.store(y0, ys, here);
    Lanes.store(y1, ys, here + next);
  }
}
