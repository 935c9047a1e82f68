package dev.skein.kernels;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Pieces of rows, element by element: {@code n} floats that begin at an offset in bytes. Small
 * loops each, as much as the compiler takes apart; whatever does not fill a vector is masked.
 */
final class VectorRows {
  private VectorRows() {}

  /** {@code out = (x - mean) / sqrt(variance + eps) * weight + bias} over some columns. */
  static void normalize(Rows x, int row, Norm norm, int from, int n, Rows out, int outRow) {
    MemorySegment xs = x.data();
    long at = x.at(row, from);
    float mean = VectorSums.sum(xs, at, n) / n;
    float squares = VectorSums.squares(xs, mean, at, n);
    float inverse = ScalarSums.inverseDeviation(squares, n, norm.eps());
    MemorySegment outs = out.data();
    long outAt = out.at(outRow, from);
    MemorySegment ws = norm.weight().data();
    MemorySegment bs = norm.bias().data();
    int i = 0;
    for (; i <= n - Lanes.V; i += Lanes.V) {
      FloatVector w = Lanes.load(ws, 4L * (from + i));
      FloatVector b = Lanes.load(bs, 4L * (from + i));
      FloatVector scaled = Lanes.load(xs, at + 4L * i).sub(mean).mul(inverse);
      Lanes.store(scaled.fma(w, b), outs, outAt + 4L * i);
    }
    if (i < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, n);
      FloatVector w = Lanes.load(ws, 4L * (from + i), rest);
      FloatVector b = Lanes.load(bs, 4L * (from + i), rest);
      FloatVector scaled = Lanes.load(xs, at + 4L * i, rest).sub(mean).mul(inverse);
      Lanes.store(scaled.fma(w, b), outs, outAt + 4L * i, rest);
    }
  }

  /** {@code out = fma(previous - x, amount, x)}, of whole rows. */
  static void shift(Rows x, Rows previous, int row, Rows amounts, int amountRow, Rows out) {
    mix(
        x.data(),
        x.at(row),
        previous.data(),
        amounts.data(),
        amounts.at(amountRow),
        out.data(),
        x.columns());
  }

  /** {@code out = fma(other - x, amount, x)}; x, other and out stand at the same place. */
  static void mix(
      MemorySegment x,
      long at,
      MemorySegment other,
      MemorySegment amount,
      long amountAt,
      MemorySegment out,
      int n) {
    int i = 0;
    for (; i <= n - Lanes.V; i += Lanes.V) {
      FloatVector own = Lanes.load(x, at + 4L * i);
      FloatVector change = Lanes.load(other, at + 4L * i).sub(own);
      Lanes.store(change.fma(Lanes.load(amount, amountAt + 4L * i), own), out, at + 4L * i);
    }
    if (i < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, n);
      FloatVector own = Lanes.load(x, at + 4L * i, rest);
      FloatVector change = Lanes.load(other, at + 4L * i, rest).sub(own);
      FloatVector value = change.fma(Lanes.load(amount, amountAt + 4L * i, rest), own);
      Lanes.store(value, out, at + 4L * i, rest);
    }
  }

  /** {@code x = fma(x, (a - 1) * amount, x)}. */
  static void scaleKey(
      MemorySegment x, MemorySegment a, long at, MemorySegment amount, long amountAt, int n) {
    int i = 0;
    for (; i <= n - Lanes.V; i += Lanes.V) {
      FloatVector key = Lanes.load(x, at + 4L * i);
      FloatVector rate = Lanes.load(a, at + 4L * i).sub(1);
      Lanes.store(key.fma(rate.mul(Lanes.load(amount, amountAt + 4L * i)), key), x, at + 4L * i);
    }
    if (i < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, n);
      FloatVector key = Lanes.load(x, at + 4L * i, rest);
      FloatVector rate = Lanes.load(a, at + 4L * i, rest).sub(1);
      FloatVector change = rate.mul(Lanes.load(amount, amountAt + 4L * i, rest));
      Lanes.store(key.fma(change, key), x, at + 4L * i, rest);
    }
  }

  /** {@code out = x * y}; x and out stand at the same place. */
  static void product(
      MemorySegment x, MemorySegment out, long at, MemorySegment y, long yAt, int n) {
    int i = 0;
    for (; i <= n - Lanes.V; i += Lanes.V) {
      Lanes.store(Lanes.load(x, at + 4L * i).mul(Lanes.load(y, yAt + 4L * i)), out, at + 4L * i);
    }
    if (i < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, n);
      FloatVector value = Lanes.load(x, at + 4L * i, rest).mul(Lanes.load(y, yAt + 4L * i, rest));
      Lanes.store(value, out, at + 4L * i, rest);
    }
  }

  /** Divides by the Euclidean norm, or by {@code minNorm} if that is larger. */
  static void l2Normalize(MemorySegment x, long at, int n, float minNorm) {
    float norm = (float) Math.sqrt(VectorSums.squares(x, 0, at, n));
    scale(x, at, n, 1 / Math.max(norm, minNorm));
  }

  /** {@code x = x * factor}. */
  private static void scale(MemorySegment x, long at, int n, float factor) {
    int i = 0;
    for (; i <= n - Lanes.V; i += Lanes.V) {
      Lanes.store(Lanes.load(x, at + 4L * i).mul(factor), x, at + 4L * i);
    }
    if (i < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, n);
      Lanes.store(Lanes.load(x, at + 4L * i, rest).mul(factor), x, at + 4L * i, rest);
    }
  }

  /** {@code x += y}. */
  static void add(MemorySegment x, long at, MemorySegment y, long yAt, int n) {
    int i = 0;
    for (; i <= n - Lanes.V; i += Lanes.V) {
      Lanes.store(Lanes.load(x, at + 4L * i).add(Lanes.load(y, yAt + 4L * i)), x, at + 4L * i);
    }
    if (i < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, n);
      Lanes.store(
          Lanes.load(x, at + 4L * i, rest).add(Lanes.load(y, yAt + 4L * i, rest)),
          x,
          at + 4L * i,
          rest);
    }
  }

  /** {@code x = x * sigmoid(x)}. */
  static void silu(MemorySegment x, long at, int n) {
    int i = 0;
    for (; i <= n - Lanes.V; i += Lanes.V) {
      FloatVector value = Lanes.load(x, at + 4L * i);
      Lanes.store(value.mul(VectorMath.sigmoid(value)), x, at + 4L * i);
    }
    if (i < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, n);
      FloatVector value = Lanes.load(x, at + 4L * i, rest);
      Lanes.store(value.mul(VectorMath.sigmoid(value)), x, at + 4L * i, rest);
    }
  }

  /** {@code x *= y}. */
  static void multiply(MemorySegment x, long at, MemorySegment y, long yAt, int n) {
    int i = 0;
    for (; i <= n - Lanes.V; i += Lanes.V) {
      Lanes.store(Lanes.load(x, at + 4L * i).mul(Lanes.load(y, yAt + 4L * i)), x, at + 4L * i);
    }
    if (i < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, n);
      Lanes.store(
          Lanes.load(x, at + 4L * i, rest).mul(Lanes.load(y, yAt + 4L * i, rest)),
          x,
          at + 4L * i,
          rest);
    }
  }

  /** {@code x = fma(factor, y, x)}; x and y stand at the same place. */
  static void addScaled(MemorySegment x, long at, float factor, MemorySegment y, int n) {
    int i = 0;
    for (; i <= n - Lanes.V; i += Lanes.V) {
      Lanes.store(
          Lanes.floats(factor).fma(Lanes.load(y, at + 4L * i), Lanes.load(x, at + 4L * i)),
          x,
          at + 4L * i);
    }
    if (i < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, n);
      Lanes.store(
          Lanes.floats(factor)
              .fma(Lanes.load(y, at + 4L * i, rest), Lanes.load(x, at + 4L * i, rest)),
          x,
          at + 4L * i,
          rest);
    }
  }

  /** {@code x = tanh(x)}. */
  static void tanh(MemorySegment x, long at, int n) {
    int i = 0;
    for (; i <= n - Lanes.V; i += Lanes.V) {
      Lanes.store(VectorMath.tanh(Lanes.load(x, at + 4L * i)), x, at + 4L * i);
    }
    if (i < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, n);
      Lanes.store(VectorMath.tanh(Lanes.load(x, at + 4L * i, rest)), x, at + 4L * i, rest);
    }
  }

  /** {@code x = 1 / (1 + e^-x)}. */
  static void sigmoid(MemorySegment x, long at, int n) {
    int i = 0;
    for (; i <= n - Lanes.V; i += Lanes.V) {
      Lanes.store(VectorMath.sigmoid(Lanes.load(x, at + 4L * i)), x, at + 4L * i);
    }
    if (i < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, n);
      Lanes.store(VectorMath.sigmoid(Lanes.load(x, at + 4L * i, rest)), x, at + 4L * i, rest);
    }
  }

  /** {@code x = max(x, 0)^2}. */
  static void squaredRelu(MemorySegment x, long at, int n) {
    int i = 0;
    for (; i <= n - Lanes.V; i += Lanes.V) {
      Lanes.store(VectorMath.squaredRelu(Lanes.load(x, at + 4L * i)), x, at + 4L * i);
    }
    if (i < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, n);
      Lanes.store(VectorMath.squaredRelu(Lanes.load(x, at + 4L * i, rest)), x, at + 4L * i, rest);
    }
  }

  /** {@code x = e^(x * factor)}. */
  static void exp(MemorySegment x, long at, int n, float factor) {
    int i = 0;
    for (; i <= n - Lanes.V; i += Lanes.V) {
      Lanes.store(VectorMath.exp(Lanes.load(x, at + 4L * i).mul(factor)), x, at + 4L * i);
    }
    if (i < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, n);
      Lanes.store(
          VectorMath.exp(Lanes.load(x, at + 4L * i, rest).mul(factor)), x, at + 4L * i, rest);
    }
  }

  /** {@code x = 1 / (1 + x)}. */
  static void share(MemorySegment x, long at, int n) {
    int i = 0;
    for (; i <= n - Lanes.V; i += Lanes.V) {
      Lanes.store(Lanes.floats(1).div(Lanes.load(x, at + 4L * i).add(1)), x, at + 4L * i);
    }
    if (i < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, n);
      Lanes.store(
          Lanes.floats(1).div(Lanes.load(x, at + 4L * i, rest).add(1)), x, at + 4L * i, rest);
    }
  }
}
