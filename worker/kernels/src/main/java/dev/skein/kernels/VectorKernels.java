package dev.skein.kernels;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** The Vector API backend; whatever does not fill a vector is masked. */
final class VectorKernels implements Kernels {

  @Override
  public String name() {
    return "vector";
  }

  // ---- products

  @Override
  public void multiply(
      Matrix m,
      Activations x,
      int count,
      float[][] y,
      int fromPanel,
      int toPanel,
      ProductScratch scratch) {
    switch (m) {
      case FloatMatrix f -> VectorFloatProducts.multiply(f, x, count, y, fromPanel, toPanel);
      case Int8Matrix q ->
          VectorInt8Products.multiply(q, x.quantized(), count, y, fromPanel, toPanel, scratch);
    }
  }

  @Override
  public void quantize(Activations x, int from, int to) {
    Activations.Quantized q = x.quantized();
    for (int t = from; t < to; t++) {
      quantizeRow(x.row(t), q, t);
    }
    for (int t = from; t < to; t += 2) {
      pair(q, t, Math.min(t + 1, to - 1));
    }
  }

  private static void quantizeRow(float[] x, Activations.Quantized q, int t) {
    float max = maxAbs(x);
    boolean finite = max <= Float.MAX_VALUE;
    float factor = !finite || max < 1e-30f ? 0 : 32767 / max;
    q.scales()[t] = !finite ? Float.NaN : max < 1e-30f ? 0 : max / 32767;
    float[] hi = q.hi()[t];
    float[] lo = q.lo()[t];
    int k = 0;
    for (; k <= x.length - Lanes.V; k += Lanes.V) {
      FloatVector value = whole(load(x, k).mul(factor), finite);
      FloatVector high = round(value.sub(127.5f).mul(1f / 256));
      high.intoArray(hi, k);
      high.fma(Lanes.floats(-256), value).intoArray(lo, k);
    }
    if (k < x.length) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(k, x.length);
      FloatVector value = whole(load(x, k, rest).mul(factor), finite);
      FloatVector high = round(value.sub(127.5f).mul(1f / 256));
      high.intoArray(hi, k, rest);
      high.fma(Lanes.floats(-256), value).intoArray(lo, k, rest);
    }
  }

  private static float maxAbs(float[] x) {
    FloatVector max = FloatVector.zero(Lanes.FLOATS);
    int k = 0;
    for (; k <= x.length - Lanes.V; k += Lanes.V) {
      max = max.max(load(x, k).abs());
    }
    if (k < x.length) {
      max = max.max(load(x, k, Lanes.FLOATS.indexInRange(k, x.length)).abs());
    }
    return max.reduceLanes(VectorOperators.MAX); // NaN stays NaN
  }

  private static FloatVector whole(FloatVector x, boolean finite) {
    return finite ? round(x) : FloatVector.zero(Lanes.FLOATS);
  }

  private static FloatVector round(FloatVector x) {
    return x.add(ScalarMath.ROUND).sub(ScalarMath.ROUND);
  }

  /** Writes a pair of rows to its block; a row without a neighbour is paired with itself. */
  private static void pair(Activations.Quantized q, int first, int second) {
    double[] out = q.blocks()[first / Activations.BLOCK];
    int pair = first % Activations.BLOCK / 2;
    float[] hi = q.hi()[first];
    float[] lo = q.lo()[first];
    float[] otherHi = q.hi()[second];
    float[] otherLo = q.lo()[second];
    for (int k = 0; k < hi.length; k++) {
      double upper = Math.fma(hi[k], 256, lo[k]);
      double lower = Math.fma(otherHi[k], 256, otherLo[k]);
      out[k * (Activations.BLOCK / 2) + pair] = upper * Activations.PAIR + lower;
    }
  }

  // ---- norms and sums

  @Override
  public void layerNorm(float[] x, float[] weight, float[] bias, float eps, float[] out) {
    normalize(x, weight, bias, eps, out, 0, weight.length);
  }

  @Override
  public void groupNorm(float[] x, float[] weight, float[] bias, float eps, int from, int n) {
    normalize(x, weight, bias, eps, x, from, n);
  }

  private static void normalize(
      float[] x, float[] weight, float[] bias, float eps, float[] out, int from, int n) {
    float mean = VectorSums.sum(x, from, n) / n;
    float inverse = ScalarSums.inverseDeviation(VectorSums.squares(x, mean, from, n), n, eps);
    int to = from + n;
    int i = from;
    for (; i <= to - Lanes.V; i += Lanes.V) {
      load(x, i).sub(mean).mul(inverse).fma(load(weight, i), load(bias, i)).intoArray(out, i);
    }
    if (i < to) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, to);
      FloatVector scaled = load(x, i, rest).sub(mean).mul(inverse);
      scaled.fma(load(weight, i, rest), load(bias, i, rest)).intoArray(out, i, rest);
    }
  }

  @Override
  public void l2Normalize(float[] x, float minNorm, int from, int n) {
    float norm = (float) Math.sqrt(VectorSums.squares(x, 0, from, n));
    float inverse = 1 / Math.max(norm, minNorm);
    int to = from + n;
    int i = from;
    for (; i <= to - Lanes.V; i += Lanes.V) {
      load(x, i).mul(inverse).intoArray(x, i);
    }
    if (i < to) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, to);
      load(x, i, rest).mul(inverse).intoArray(x, i, rest);
    }
  }

  @Override
  public float dot(float[] a, float[] b, float[] c, int from, int n) {
    return VectorSums.dot(a, b, c, from, n);
  }

  // ---- element by element

  @Override
  public void add(float[] x, float[] y, int from, int n) {
    int to = from + n;
    int i = from;
    for (; i <= to - Lanes.V; i += Lanes.V) {
      load(x, i).add(load(y, i)).intoArray(x, i);
    }
    if (i < to) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, to);
      load(x, i, rest).add(load(y, i, rest)).intoArray(x, i, rest);
    }
  }

  @Override
  public void multiply(float[] x, float[] y, float[] out, int from, int n) {
    int to = from + n;
    int i = from;
    for (; i <= to - Lanes.V; i += Lanes.V) {
      load(x, i).mul(load(y, i)).intoArray(out, i);
    }
    if (i < to) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, to);
      load(x, i, rest).mul(load(y, i, rest)).intoArray(out, i, rest);
    }
  }

  @Override
  public void addScaled(float[] y, float s, float[] x, int from, int n) {
    FloatVector scale = Lanes.floats(s);
    int to = from + n;
    int i = from;
    for (; i <= to - Lanes.V; i += Lanes.V) {
      scale.fma(load(x, i), load(y, i)).intoArray(y, i);
    }
    if (i < to) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, to);
      scale.fma(load(x, i, rest), load(y, i, rest)).intoArray(y, i, rest);
    }
  }

  @Override
  public void mix(float[] x, float[] other, float[] amount, float[] out, int from, int n) {
    int to = from + n;
    int i = from;
    for (; i <= to - Lanes.V; i += Lanes.V) {
      FloatVector own = load(x, i);
      load(other, i).sub(own).fma(load(amount, i), own).intoArray(out, i);
    }
    if (i < to) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, to);
      FloatVector own = load(x, i, rest);
      load(other, i, rest).sub(own).fma(load(amount, i, rest), own).intoArray(out, i, rest);
    }
  }

  @Override
  public void scaleKey(float[] k, float[] a, float[] amount, int from, int n) {
    int to = from + n;
    int i = from;
    for (; i <= to - Lanes.V; i += Lanes.V) {
      FloatVector key = load(k, i);
      key.fma(load(a, i).sub(1).mul(load(amount, i)), key).intoArray(k, i);
    }
    if (i < to) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, to);
      FloatVector key = load(k, i, rest);
      FloatVector change = load(a, i, rest).sub(1).mul(load(amount, i, rest));
      key.fma(change, key).intoArray(k, i, rest);
    }
  }

  @Override
  public void exp(float[] x, int from, int n) {
    int to = from + n;
    int i = from;
    for (; i <= to - Lanes.V; i += Lanes.V) {
      VectorMath.exp(load(x, i)).intoArray(x, i);
    }
    if (i < to) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, to);
      VectorMath.exp(load(x, i, rest)).intoArray(x, i, rest);
    }
  }

  @Override
  public void tanh(float[] x, int from, int n) {
    int to = from + n;
    int i = from;
    for (; i <= to - Lanes.V; i += Lanes.V) {
      VectorMath.tanh(load(x, i)).intoArray(x, i);
    }
    if (i < to) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, to);
      VectorMath.tanh(load(x, i, rest)).intoArray(x, i, rest);
    }
  }

  @Override
  public void sigmoid(float[] x, int from, int n) {
    int to = from + n;
    int i = from;
    for (; i <= to - Lanes.V; i += Lanes.V) {
      VectorMath.sigmoid(load(x, i)).intoArray(x, i);
    }
    if (i < to) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, to);
      VectorMath.sigmoid(load(x, i, rest)).intoArray(x, i, rest);
    }
  }

  @Override
  public void sigmoid(float[] bias, float[] x, int from, int n) {
    add(x, bias, from, n);
    sigmoid(x, from, n);
  }

  @Override
  public void silu(float[] x, int from, int n) {
    int to = from + n;
    int i = from;
    for (; i <= to - Lanes.V; i += Lanes.V) {
      FloatVector value = load(x, i);
      value.mul(VectorMath.sigmoid(value)).intoArray(x, i);
    }
    if (i < to) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, to);
      FloatVector value = load(x, i, rest);
      value.mul(VectorMath.sigmoid(value)).intoArray(x, i, rest);
    }
  }

  @Override
  public void squaredRelu(float[] x, int from, int n) {
    int to = from + n;
    int i = from;
    for (; i <= to - Lanes.V; i += Lanes.V) {
      VectorMath.squaredRelu(load(x, i)).intoArray(x, i);
    }
    if (i < to) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, to);
      VectorMath.squaredRelu(load(x, i, rest)).intoArray(x, i, rest);
    }
  }

  @Override
  public void decay(float[] bias, float[] x, int from, int n) {
    add(x, bias, from, n);
    for (int i = 0; i < 2; i++) { // two calls in one place: the compiler can take only one apart
      scaledExp(x, i == 0 ? -1 : ScalarMath.DECAY, from, n);
      if (i == 0) {
        share(x, from, n);
      }
    }
  }

  @Override
  public void doubleExp(float[] bias, float[] x, int from, int n) {
    add(x, bias, from, n);
    for (int i = 0; i < 2; i++) { // as above
      scaledExp(x, i == 0 ? 1 : -1, from, n);
    }
  }

  private static void scaledExp(float[] x, float scale, int from, int n) {
    int to = from + n;
    int i = from;
    for (; i <= to - Lanes.V; i += Lanes.V) {
      VectorMath.exp(load(x, i).mul(scale)).intoArray(x, i);
    }
    if (i < to) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, to);
      VectorMath.exp(load(x, i, rest).mul(scale)).intoArray(x, i, rest);
    }
  }

  /** {@code x = 1 / (1 + x)}. */
  private static void share(float[] x, int from, int n) {
    int to = from + n;
    int i = from;
    for (; i <= to - Lanes.V; i += Lanes.V) {
      Lanes.floats(1).div(load(x, i).add(1)).intoArray(x, i);
    }
    if (i < to) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, to);
      Lanes.floats(1).div(load(x, i, rest).add(1)).intoArray(x, i, rest);
    }
  }

  // ---- recurrences

  @Override
  public void wkv4(Wkv4Row row, Wkv4State state, float[] decay, float[] first, int from, int n) {
    int to = from + n;
    float[] k = row.k();
    VectorWkv4.sum(first, k, state.e2(), from, to);
    weights(state.m(), state.e2(), state, from, n);
    VectorWkv4.read(row, state, from, to);
    VectorWkv4.sum(state.m(), decay, state.m(), from, to);
    weights(state.m(), k, state, from, n);
    VectorWkv4.advance(row, state, from, to);
  }

  private void weights(float[] older, float[] newer, Wkv4State state, int from, int n) {
    VectorWkv4.gap(older, newer, state, from, from + n);
    for (int i = 0; i < 2; i++) { // two calls in one place, as above
      exp(i == 0 ? state.e1() : state.e2(), from, n);
    }
  }

  @Override
  public void wkv6(Wkv6Row row, int head, int size, MemorySegment state, long offset) {
    int j = 0;
    for (; j <= size - 4 * Lanes.V; j += 4 * Lanes.V) {
      VectorWkv6.fourVectors(row, head * size, size, j, state, offset + j * 4L);
    }
    for (; j <= size - Lanes.V; j += Lanes.V) {
      VectorWkv6.oneVector(row, head * size, size, j, state, offset + j * 4L);
    }
    for (; j < size; j++) {
      ScalarKernels.wkv6Lane(row, head * size, size, j, state, offset + j * 4L);
    }
  }

  @Override
  public void wkv7(Wkv7Row row, int head, int size, MemorySegment state, long offset) {
    int from = head * size;
    int i = 0;
    for (; i <= size - 4 * Lanes.V; i += 4 * Lanes.V) {
      VectorWkv7.takenFour(row, from, size, i, state, offset + i * 4L);
    }
    for (; i <= size - Lanes.V; i += Lanes.V) {
      VectorWkv7.takenOne(row, from, size, i, state, offset + i * 4L);
    }
    int whole = i;
    for (i = 0; i <= whole - 2 * Lanes.V; i += 2 * Lanes.V) {
      VectorWkv7.changeTwo(row, from, size, i, state, offset + i * 4L);
    }
    for (; i < whole; i += Lanes.V) {
      VectorWkv7.changeOne(row, from, size, i, state, offset + i * 4L);
    }
    for (; i < size; i++) {
      ScalarKernels.wkv7Lane(row, from, size, i, state, offset + i * 4L);
    }
  }

  private static FloatVector load(float[] x, int i) {
    return FloatVector.fromArray(Lanes.FLOATS, x, i);
  }

  private static FloatVector load(float[] x, int i, VectorMask<Float> mask) {
    return FloatVector.fromArray(Lanes.FLOATS, x, i, mask);
  }
}
