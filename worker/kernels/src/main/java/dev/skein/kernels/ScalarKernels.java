package dev.skein.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The reference: plain loops, written to be read. */
final class ScalarKernels implements Kernels {

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public void quantize(Activations x, int from, int to) {
    Activations.Quantized q = x.quantized();
    for (int t = from; t < to; t++) {
      float[] row = x.row(t);
      float max = 0;
      for (float value : row) {
        max = Math.max(max, Math.abs(value)); // NaN stays NaN
      }
      boolean finite = max <= Float.MAX_VALUE;
      float factor = !finite || max < 1e-30f ? 0 : 32767 / max;
      q.scales()[t] = !finite ? Float.NaN : max < 1e-30f ? 0 : max / 32767;
      for (int k = 0; k < row.length; k++) {
        int value = finite ? (int) Math.rint(row[k] * factor) : 0;
        q.hi()[t][k] = value >> 8;
        q.lo()[t][k] = value & 255;
      }
    }
  }

  @Override
  public void multiply(
      Matrix m,
      Activations x,
      int count,
      float[][] y,
      int fromPanel,
      int toPanel,
      ProductScratch scratch) {
    int toRow = Math.min(m.rows(), toPanel * Matrix.PANEL);
    for (int t = 0; t < count; t++) {
      for (int n = fromPanel * Matrix.PANEL; n < toRow; n++) {
        y[t][n] =
            switch (m) {
              case FloatMatrix f -> product(f, n, x.row(t));
              case Int8Matrix q -> product(q, n, x.quantized(), t);
            };
      }
    }
  }

  private static float product(FloatMatrix m, int n, float[] x) {
    MemorySegment data = m.data();
    long offset = m.offset(n / Matrix.PANEL) + n % Matrix.PANEL * 4L;
    float sum = 0;
    for (int k = 0; k < m.columns(); k++, offset += Matrix.PANEL * 4L) {
      sum = Math.fma(data.get(ValueLayout.JAVA_FLOAT, offset), x[k], sum);
    }
    return sum;
  }

  private static float product(Int8Matrix m, int n, Activations.Quantized x, int t) {
    MemorySegment data = m.data();
    float[] hi = x.hi()[t];
    float[] lo = x.lo()[t];
    long offset = m.offset(n / Matrix.PANEL) + n % Matrix.PANEL * 4L;
    int high = 0;
    int low = 0;
    for (int k = 0; k < m.columns(); k++) {
      int w = data.get(ValueLayout.JAVA_BYTE, offset + (k / 4) * 64L + k % 4);
      high += w * (int) hi[k];
      low += w * (int) lo[k];
    }
    return Math.fma((float) high, 256, (float) low) * (m.scales()[n] * x.scales()[t]);
  }

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
    float mean = ScalarSums.sum(x, from, n) / n;
    float inverse = ScalarSums.inverseDeviation(ScalarSums.squares(x, mean, from, n), n, eps);
    for (int i = from; i < from + n; i++) {
      out[i] = Math.fma((x[i] - mean) * inverse, weight[i], bias[i]);
    }
  }

  @Override
  public void l2Normalize(float[] x, float minNorm, int from, int n) {
    float norm = (float) Math.sqrt(ScalarSums.squares(x, 0, from, n));
    float inverse = 1 / Math.max(norm, minNorm);
    for (int i = from; i < from + n; i++) {
      x[i] *= inverse;
    }
  }

  @Override
  public float dot(float[] a, float[] b, float[] c, int from, int n) {
    return ScalarSums.dot(a, b, c, from, n);
  }

  @Override
  public void add(float[] x, float[] y, int from, int n) {
    for (int i = from; i < from + n; i++) {
      x[i] += y[i];
    }
  }

  @Override
  public void multiply(float[] x, float[] y, float[] out, int from, int n) {
    for (int i = from; i < from + n; i++) {
      out[i] = x[i] * y[i];
    }
  }

  @Override
  public void addScaled(float[] y, float s, float[] x, int from, int n) {
    for (int i = from; i < from + n; i++) {
      y[i] = Math.fma(s, x[i], y[i]);
    }
  }

  @Override
  public void mix(float[] x, float[] other, float[] amount, float[] out, int from, int n) {
    for (int i = from; i < from + n; i++) {
      out[i] = Math.fma(other[i] - x[i], amount[i], x[i]);
    }
  }

  @Override
  public void scaleKey(float[] k, float[] a, float[] amount, int from, int n) {
    for (int i = from; i < from + n; i++) {
      k[i] = Math.fma(k[i], (a[i] - 1) * amount[i], k[i]);
    }
  }

  @Override
  public void exp(float[] x, int from, int n) {
    for (int i = from; i < from + n; i++) {
      x[i] = ScalarMath.exp(x[i]);
    }
  }

  @Override
  public void tanh(float[] x, int from, int n) {
    for (int i = from; i < from + n; i++) {
      x[i] = ScalarMath.tanh(x[i]);
    }
  }

  @Override
  public void sigmoid(float[] x, int from, int n) {
    for (int i = from; i < from + n; i++) {
      x[i] = ScalarMath.sigmoid(x[i]);
    }
  }

  @Override
  public void sigmoid(float[] bias, float[] x, int from, int n) {
    for (int i = from; i < from + n; i++) {
      x[i] = ScalarMath.sigmoid(bias[i] + x[i]);
    }
  }

  @Override
  public void silu(float[] x, int from, int n) {
    for (int i = from; i < from + n; i++) {
      x[i] *= ScalarMath.sigmoid(x[i]);
    }
  }

  @Override
  public void squaredRelu(float[] x, int from, int n) {
    for (int i = from; i < from + n; i++) {
      float positive = Math.max(x[i], 0);
      x[i] = positive * positive;
    }
  }

  @Override
  public void decay(float[] bias, float[] x, int from, int n) {
    for (int i = from; i < from + n; i++) {
      x[i] = ScalarMath.decay(bias[i] + x[i]);
    }
  }

  @Override
  public void doubleExp(float[] bias, float[] x, int from, int n) {
    for (int i = from; i < from + n; i++) {
      x[i] = ScalarMath.exp(-ScalarMath.exp(bias[i] + x[i]));
    }
  }

  @Override
  public void wkv4(Wkv4Row row, Wkv4State state, float[] decay, float[] first, int from, int n) {
    float[] a = state.a();
    float[] b = state.b();
    float[] m = state.m();
    for (int i = from; i < from + n; i++) {
      float k = row.k()[i];
      float v = row.v()[i];
      float d = m[i] - (first[i] + k);
      float e1 = ScalarMath.exp(Math.min(d, 0));
      float e2 = ScalarMath.exp(Math.min(-d, 0));
      row.y()[i] = Math.fma(e1, a[i], e2 * v) / Math.fma(e1, b[i], e2);
      m[i] += decay[i];
      d = m[i] - k;
      e1 = ScalarMath.exp(Math.min(d, 0));
      e2 = ScalarMath.exp(Math.min(-d, 0));
      a[i] = Math.fma(e1, a[i], e2 * v);
      b[i] = Math.fma(e1, b[i], e2);
      m[i] = Math.max(m[i], k);
    }
  }

  @Override
  public void wkv6(Wkv6Row row, int head, int size, MemorySegment state, long offset) {
    for (int j = 0; j < size; j++) {
      wkv6Lane(row, head * size, size, j, state, offset + j * 4L);
    }
  }

  /** One value index of a head; also what is left over when vectors have done their part. */
  static void wkv6Lane(Wkv6Row row, int from, int size, int j, MemorySegment state, long offset) {
    float v = row.v()[from + j];
    float y = 0;
    for (int i = 0; i < size; i++) {
      long at = offset + i * (size * 4L);
      float s = state.get(ValueLayout.JAVA_FLOAT, at);
      y = Math.fma(s, row.r()[from + i], y);
      state.set(ValueLayout.JAVA_FLOAT, at, Math.fma(s, row.w()[from + i], row.k()[from + i] * v));
    }
    row.y()[from + j] = y;
  }

  @Override
  public void wkv7(Wkv7Row row, int head, int size, MemorySegment state, long offset) {
    int from = head * size;
    for (int i = 0; i < size; i++) {
      wkv7Lane(row, from, size, i, state, offset + i * 4L);
    }
  }

  /** One value index of a head; also what is left over when vectors have done their part. */
  static void wkv7Lane(Wkv7Row row, int from, int size, int i, MemorySegment state, long offset) {
    float taken = 0;
    for (int j = 0; j < size; j++) {
      float s = state.get(ValueLayout.JAVA_FLOAT, offset + j * (size * 4L));
      taken = Math.fma(s, row.kk()[from + j], taken);
    }
    float v = row.v()[from + i];
    float y = 0;
    for (int j = 0; j < size; j++) {
      long at = offset + j * (size * 4L);
      float s = state.get(ValueLayout.JAVA_FLOAT, at);
      float change = Math.fma(-taken, row.b()[from + j], v * row.k()[from + j]);
      s = Math.fma(s, row.w()[from + j], change);
      state.set(ValueLayout.JAVA_FLOAT, at, s);
      y = Math.fma(s, row.r()[from + j], y);
    }
    row.y()[from + i] = y;
  }
}
