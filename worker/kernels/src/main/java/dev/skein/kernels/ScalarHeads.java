package dev.skein.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** The recurrences of the reference: plain loops, written to be read. */
final class ScalarHeads {
  private ScalarHeads() {}

  // ---- RWKV-4

  static void wkv4(Wkv4Rows x, Wkv4Weights w, Stretch s) {
    for (int t = s.start; t < s.end; t++) {
      for (int i = s.from; i < s.from + s.n; i++) {
        channel(x, w, s, t, i);
      }
    }
  }

  private static void channel(Wkv4Rows x, Wkv4Weights weights, Stretch s, int t, int i) {
    long sums = s.state + weights.sums() + 4L * i;
    long wholes = s.state + weights.weights() + 4L * i;
    long maxima = s.state + weights.maxima() + 4L * i;
    float a = get(s.states, sums);
    float b = get(s.states, wholes);
    float m = get(s.states, maxima);
    float k = x.k().get(t, i);
    float v = x.v().get(t, i);
    float d = m - (weights.first().get(0, i) + k);
    float e1 = ScalarMath.exp(Math.min(d, 0));
    float e2 = ScalarMath.exp(Math.min(-d, 0));
    float y = Math.fma(e1, a, e2 * v) / Math.fma(e1, b, e2);
    x.y().set(t, i, y * ScalarMath.sigmoid(x.r().get(t, i)));
    m += weights.decay().get(0, i);
    d = m - k;
    e1 = ScalarMath.exp(Math.min(d, 0));
    e2 = ScalarMath.exp(Math.min(-d, 0));
    set(s.states, sums, Math.fma(e1, a, e2 * v));
    set(s.states, wholes, Math.fma(e1, b, e2));
    set(s.states, maxima, Math.max(m, k));
  }

  // ---- RWKV-5 and 6

  static void wkv6(Wkv6Rows x, Wkv6Weights weights, Stretch s) {
    for (int t = s.start; t < s.end; t++) {
      for (int i = s.from; i < s.from + s.n; i++) {
        float decay = weights.decay().get(0, i);
        if (weights.decaysByToken()) {
          decay = ScalarMath.exp(-ScalarMath.exp(decay + x.w().get(t, i)));
        }
        x.w().set(t, i, decay);
      }
      for (int j = 0; j < s.n; j++) {
        lane(x, t, s, j);
      }
      float bonus = ScalarSums.dot(x.r(), x.k(), t, weights.first(), s.from, s.n);
      for (int i = s.from; i < s.from + s.n; i++) {
        x.y().set(t, i, Math.fma(bonus, x.v().get(t, i), x.y().get(t, i)));
      }
      ScalarKernels.normalize(x.y(), t, weights.norm(), s.from, s.n, x.y(), t);
      for (int i = s.from; i < s.from + s.n && x.g().columns() > 0; i++) {
        float g = x.g().get(t, i);
        x.y().set(t, i, x.y().get(t, i) * (g * ScalarMath.sigmoid(g)));
      }
    }
  }

  /** One value index of a head; also what is left over when vectors have done their part. */
  static void lane(Wkv6Rows x, int t, Stretch s, int j) {
    float v = x.v().get(t, s.from + j);
    float y = 0;
    for (int i = 0; i < s.n; i++) {
      long at = s.state + 4L * (i * s.n + j);
      float state = get(s.states, at);
      y = Math.fma(state, x.r().get(t, s.from + i), y);
      float added = x.k().get(t, s.from + i) * v;
      set(s.states, at, Math.fma(state, x.w().get(t, s.from + i), added));
    }
    x.y().set(t, s.from + j, y);
  }

  // ---- RWKV-7

  static void wkv7(Wkv7Rows x, Wkv7Weights weights, Stretch s) {
    for (int t = s.start; t < s.end; t++) {
      prepare(x, weights, t, s.from, s.n);
      for (int i = 0; i < s.n; i++) {
        lane(x, t, s, i);
      }
      ScalarKernels.normalize(x.y(), t, weights.norm(), s.from, s.n, x.y(), t);
      float bonus = ScalarSums.dot(x.r(), x.k(), t, weights.bonus(), s.from, s.n);
      for (int i = s.from; i < s.from + s.n; i++) {
        float y = Math.fma(bonus, x.v().get(t, i), x.y().get(t, i));
        x.y().set(t, i, y * x.g().get(t, i));
      }
    }
  }

  private static void prepare(Wkv7Rows x, Wkv7Weights weights, int t, int from, int n) {
    Rows residual = x.residual();
    Rows baseV = weights.baseV();
    for (int i = from; i < from + n; i++) {
      float k = x.k().get(t, i);
      float a = ScalarMath.sigmoid(weights.baseA().get(0, i) + x.a().get(t, i));
      x.w().set(t, i, ScalarMath.decay(weights.baseW().get(0, i) + x.w().get(t, i)));
      x.a().set(t, i, a);
      x.kk().set(t, i, k * weights.removal().get(0, i));
      x.k().set(t, i, Math.fma(k, (a - 1) * weights.keyRate().get(0, i), k));
      mixValue(x, residual, baseV, t, i);
    }
    float length = (float) Math.sqrt(ScalarSums.squares(x.kk(), t, 0, from, n));
    float inverse = 1 / Math.max(length, Wkv7Weights.MIN_NORM);
    for (int i = from; i < from + n; i++) {
      x.kk().set(t, i, x.kk().get(t, i) * inverse);
      x.b().set(t, i, x.kk().get(t, i) * x.a().get(t, i));
    }
  }

  private static void mixValue(
      Wkv7Rows x, @Nullable Rows residual, @Nullable Rows baseV, int t, int i) {
    if (residual != null && baseV != null) {
      float share = ScalarMath.sigmoid(baseV.get(0, i) + residual.get(t, i));
      float v = x.v().get(t, i);
      x.v().set(t, i, Math.fma(x.firstV().get(t, i) - v, share, v));
    }
  }

  /** One value index of a head; also what is left over when vectors have done their part. */
  static void lane(Wkv7Rows x, int t, Stretch s, int i) {
    float taken = 0;
    for (int j = 0; j < s.n; j++) {
      float state = get(s.states, s.state + 4L * (j * s.n + i));
      taken = Math.fma(state, x.kk().get(t, s.from + j), taken);
    }
    float v = x.v().get(t, s.from + i);
    float y = 0;
    for (int j = 0; j < s.n; j++) {
      long at = s.state + 4L * (j * s.n + i);
      float change = Math.fma(-taken, x.b().get(t, s.from + j), v * x.k().get(t, s.from + j));
      float state = Math.fma(get(s.states, at), x.w().get(t, s.from + j), change);
      set(s.states, at, state);
      y = Math.fma(state, x.r().get(t, s.from + j), y);
    }
    x.y().set(t, s.from + i, y);
  }

  private static float get(MemorySegment memory, long at) {
    return memory.get(ValueLayout.JAVA_FLOAT, at);
  }

  private static void set(MemorySegment memory, long at, float value) {
    memory.set(ValueLayout.JAVA_FLOAT, at, value);
  }
}
