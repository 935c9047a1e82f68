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
      Rows y,
      int fromPanel,
      int toPanel,
      ProductScratch scratch) {
    switch (m) {
      case FloatMatrix f -> VectorFloatProducts.multiply(f, x, count, y, fromPanel, toPanel);
      case HalfMatrix h -> VectorHalfProducts.multiply(h, x, count, y, fromPanel, toPanel, scratch);
      case Int4Matrix q ->
          VectorInt4Products.multiply(q, x.floats(), count, y, fromPanel, toPanel, scratch);
      case Int8Matrix q ->
          VectorInt8Products.multiply(q, x.floats(), count, y, fromPanel, toPanel, scratch);
    }
  }

  @Override
  public void quantize(Activations x, int from, int to) {
    Activations.Floats q = x.floats();
    for (int t = from; t < to; t++) {
      quantizeRow(x.rows(), q, t);
    }
    for (int t = from; t < to; t += 2) {
      pair(q, t, Math.min(t + 1, to - 1));
    }
  }

  private static void quantizeRow(Rows rows, Activations.Floats q, int t) {
    MemorySegment x = rows.data();
    long at = rows.at(t);
    int n = rows.columns();
    float max = maxAbs(x, at, n);
    boolean finite = max <= Float.MAX_VALUE;
    float factor = !finite || max < 1e-30f ? 0 : 32767 / max;
    q.scales()[t] = !finite ? Float.NaN : max < 1e-30f ? 0 : max / 32767;
    float[] hi = q.hi()[t];
    float[] lo = q.lo()[t];
    float[] whole = q.whole()[t];
    int k = 0;
    for (; k <= n - Lanes.V; k += Lanes.V) {
      FloatVector value = whole(Lanes.load(x, at + 4L * k).mul(factor), finite);
      value.intoArray(whole, k);
      FloatVector high = round(value.sub(127.5f).mul(1f / 256));
      high.intoArray(hi, k);
      high.fma(Lanes.floats(-256), value).intoArray(lo, k);
    }
    if (k < n) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(k, n);
      FloatVector value = whole(Lanes.load(x, at + 4L * k, rest).mul(factor), finite);
      value.intoArray(whole, k, rest);
      FloatVector high = round(value.sub(127.5f).mul(1f / 256));
      high.intoArray(hi, k, rest);
      high.fma(Lanes.floats(-256), value).intoArray(lo, k, rest);
    }
  }

  private static float maxAbs(MemorySegment x, long at, int n) {
    FloatVector max = FloatVector.zero(Lanes.FLOATS);
    int k = 0;
    for (; k <= n - Lanes.V; k += Lanes.V) {
      max = max.max(Lanes.load(x, at + 4L * k).abs());
    }
    if (k < n) {
      max = max.max(Lanes.load(x, at + 4L * k, Lanes.FLOATS.indexInRange(k, n)).abs());
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
  private static void pair(Activations.Floats q, int first, int second) {
    double[] out = q.blocks()[first / Activations.BLOCK];
    int pair = first % Activations.BLOCK / 2;
    float[] upper = q.whole()[first];
    float[] lower = q.whole()[second];
    for (int k = 0; k < upper.length; k++) {
      out[k * (Activations.BLOCK / 2) + pair] = upper[k] * Activations.PAIR + lower[k];
    }
  }

  // ---- rows

  @Override
  public void add(Rows x, Rows y, int row) {
    VectorRows.add(x.data(), x.at(row), y.data(), y.at(row), x.columns());
  }

  @Override
  public void layerNorm(Rows x, int row, Norm norm, Rows out, int outRow) {
    VectorRows.normalize(x, row, norm, 0, x.columns(), out, outRow);
  }

  @Override
  public void shift(Rows x, Rows previous, int row, Rows amounts, Rows[] outs) {
    for (int j = 0; j < outs.length; j++) {
      VectorRows.shift(x, previous, row, amounts, j, outs[j]);
    }
  }

  @Override
  public void shift(Rows x, Rows previous, int row, Rows amounts, Rows[] changes, Rows[] outs) {
    for (int j = 0; j < outs.length; j++) {
      Rows change = changes[j];
      VectorRows.add(change.data(), change.at(row), amounts.data(), amounts.at(j), x.columns());
      VectorRows.shift(x, previous, row, change, row, outs[j]);
    }
  }

  // ---- element by element

  @Override
  public void tanh(Rows x, int row, int from, int n) {
    VectorRows.tanh(x.data(), x.at(row, from), n);
  }

  @Override
  public void sigmoid(Rows x, int row, int from, int n) {
    VectorRows.sigmoid(x.data(), x.at(row, from), n);
  }

  @Override
  public void squaredRelu(Rows x, int row, int from, int n) {
    VectorRows.squaredRelu(x.data(), x.at(row, from), n);
  }

  @Override
  public void gate(Rows x, Rows gate, int row) {
    VectorRows.sigmoid(gate.data(), gate.at(row), gate.columns());
    VectorRows.multiply(x.data(), x.at(row), gate.data(), gate.at(row), x.columns());
  }

  // ---- distributions

  @Override
  public void exp(float[] x, int n) {
    int i = 0;
    for (; i <= n - Lanes.V; i += Lanes.V) {
      VectorMath.exp(FloatVector.fromArray(Lanes.FLOATS, x, i)).intoArray(x, i);
    }
    for (; i < n; i++) {
      x[i] = ScalarMath.exp(x[i]);
    }
  }

  @Override
  public float greatest(float[] x) {
    FloatVector greatest = Lanes.floats(Float.NEGATIVE_INFINITY);
    int i = 0;
    for (; i <= x.length - Lanes.V; i += Lanes.V) {
      greatest = greatest.max(FloatVector.fromArray(Lanes.FLOATS, x, i));
    }
    float result = greatest.reduceLanes(VectorOperators.MAX); // NaN stays NaN
    for (; i < x.length; i++) {
      result = Math.max(result, x[i]);
    }
    return result;
  }

  @Override
  public double weigh(float[] x, float greatest, float temperature, float[] weights) {
    int i = 0;
    for (; i <= x.length - Lanes.V; i += Lanes.V) {
      FloatVector value = FloatVector.fromArray(Lanes.FLOATS, x, i);
      value.sub(greatest).div(temperature).intoArray(weights, i);
    }
    for (; i < x.length; i++) {
      weights[i] = (x[i] - greatest) / temperature;
    }
    exp(weights, x.length);
    return ScalarSums.sum(weights, x.length);
  }

  @Override
  public int keep(float[] x, float least, int[] indices, float[] kept) {
    return Backends.SCALAR.keep(x, least, indices, kept);
  }

  @Override
  public double sum(float[] x, int n) {
    return ScalarSums.sum(x, n);
  }

  @Override
  public int keepBetween(float[] x, int n, float least, float below, float[] kept) {
    return Backends.SCALAR.keepBetween(x, n, least, below, kept);
  }

  // ---- recurrences

  @Override
  public void wkv4(Wkv4Rows rows, Wkv4Weights weights, Stretch stretch) {
    VectorWkv4.run(rows, weights, stretch);
  }

  @Override
  public void wkv6(Wkv6Rows rows, Wkv6Weights weights, Stretch stretch) {
    VectorWkv6.run(rows, weights, stretch);
  }

  @Override
  public void wkv7(Wkv7Rows rows, Wkv7Weights weights, Stretch stretch) {
    VectorWkv7.run(rows, weights, stretch);
  }
}
