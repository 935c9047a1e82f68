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
      Rows rows = x.rows();
      float max = 0;
      for (int k = 0; k < rows.columns(); k++) {
        max = Math.max(max, Math.abs(rows.get(t, k))); // NaN stays NaN
      }
      boolean finite = max <= Float.MAX_VALUE;
      float factor = !finite || max < 1e-30f ? 0 : 32767 / max;
      q.scale(t, !finite ? Float.NaN : max < 1e-30f ? 0 : max / 32767);
      for (int k = 0; k < rows.columns(); k++) {
        q.set(t, k, finite ? (int) Math.rint(rows.get(t, k) * factor) : 0);
      }
    }
  }

  @Override
  public void multiply(
      Matrix m,
      Activations x,
      int count,
      Rows y,
      int fromPanel,
      int toPanel,
      ProductScratch scratch) {
    int toRow = Math.min(m.rows(), toPanel * Matrix.PANEL);
    for (int t = 0; t < count; t++) {
      for (int n = fromPanel * Matrix.PANEL; n < toRow; n++) {
        float product =
            switch (m) {
              case FloatMatrix f -> product(f, n, x.rows(), t);
              case HalfMatrix h -> product(h, n, x.rows(), t);
              case Int8Matrix q -> product(q, n, x.quantized(), t);
              case Int4Matrix q -> product(q, n, x.quantized(), t);
            };
        y.set(t, n, product);
      }
    }
  }

  private static float product(FloatMatrix m, int n, Rows x, int t) {
    MemorySegment data = m.data();
    long offset = m.offset(n / Matrix.PANEL) + n % Matrix.PANEL * 4L;
    float sum = 0;
    for (int k = 0; k < m.columns(); k++, offset += Matrix.PANEL * 4L) {
      sum = Math.fma(data.get(ValueLayout.JAVA_FLOAT, offset), x.get(t, k), sum);
    }
    return sum;
  }

  private static float product(HalfMatrix m, int n, Rows x, int t) {
    MemorySegment data = m.data();
    long offset = m.offset(n / Matrix.PANEL) + n % Matrix.PANEL * 2L;
    float sum = 0;
    for (int k = 0; k < m.columns(); k++, offset += Matrix.PANEL * 2L) {
      sum = Math.fma(m.widen(data.get(ValueLayout.JAVA_SHORT, offset)), x.get(t, k), sum);
    }
    return sum;
  }

  private static float product(Int4Matrix m, int n, Activations.Quantized x, int t) {
    long sum = 0;
    for (int g = 0; g < m.groups(); g++) {
      int group = 0;
      int to = Math.min(m.columns(), (g + 1) * Int4Matrix.GROUP);
      for (int k = g * Int4Matrix.GROUP; k < to; k++) {
        group += m.weight(n, k) * (256 * x.hi(t, k) + x.lo(t, k));
      }
      sum += (long) m.groupScale(n, g) * group;
    }
    return (float) sum * (m.scales()[n] * x.scale(t));
  }

  private static float product(Int8Matrix m, int n, Activations.Quantized x, int t) {
    MemorySegment data = m.data();
    long offset = m.offset(n / Matrix.PANEL) + n % Matrix.PANEL * 4L;
    int high = 0;
    int low = 0;
    for (int k = 0; k < m.columns(); k++) {
      int w = data.get(ValueLayout.JAVA_BYTE, offset + (k / 4) * 64L + k % 4);
      high += w * x.hi(t, k);
      low += w * x.lo(t, k);
    }
    return Math.fma((float) high, 256, (float) low) * (m.scales()[n] * x.scale(t));
  }

  @Override
  public void add(Rows x, Rows y, int row) {
    for (int i = 0; i < x.columns(); i++) {
      x.set(row, i, x.get(row, i) + y.get(row, i));
    }
  }

  @Override
  public void layerNorm(Rows x, int row, Norm norm, Rows out, int outRow) {
    normalize(x, row, norm, 0, x.columns(), out, outRow);
  }

  static void normalize(Rows x, int row, Norm norm, int from, int n, Rows out, int outRow) {
    float mean = ScalarSums.sum(x, row, from, n) / n;
    float squares = ScalarSums.squares(x, row, mean, from, n);
    float inverse = ScalarSums.inverseDeviation(squares, n, norm.eps());
    for (int i = from; i < from + n; i++) {
      float scaled = (x.get(row, i) - mean) * inverse;
      out.set(outRow, i, Math.fma(scaled, norm.weight().get(0, i), norm.bias().get(0, i)));
    }
  }

  @Override
  public void shift(Rows x, Rows previous, int row, Rows amounts, Rows[] outs) {
    for (int j = 0; j < outs.length; j++) {
      for (int i = 0; i < x.columns(); i++) {
        float own = x.get(row, i);
        outs[j].set(row, i, Math.fma(previous.get(row, i) - own, amounts.get(j, i), own));
      }
    }
  }

  @Override
  public void shift(Rows x, Rows previous, int row, Rows amounts, Rows[] changes, Rows[] outs) {
    for (int j = 0; j < outs.length; j++) {
      for (int i = 0; i < x.columns(); i++) {
        float own = x.get(row, i);
        float amount = changes[j].get(row, i) + amounts.get(j, i);
        outs[j].set(row, i, Math.fma(previous.get(row, i) - own, amount, own));
      }
    }
  }

  @Override
  public void tanh(Rows x, int row, int from, int n) {
    for (int i = from; i < from + n; i++) {
      x.set(row, i, ScalarMath.tanh(x.get(row, i)));
    }
  }

  @Override
  public void sigmoid(Rows x, int row, int from, int n) {
    for (int i = from; i < from + n; i++) {
      x.set(row, i, ScalarMath.sigmoid(x.get(row, i)));
    }
  }

  @Override
  public void squaredRelu(Rows x, int row, int from, int n) {
    for (int i = from; i < from + n; i++) {
      float positive = Math.max(x.get(row, i), 0);
      x.set(row, i, positive * positive);
    }
  }

  @Override
  public void gate(Rows x, Rows gate, int row) {
    for (int i = 0; i < x.columns(); i++) {
      x.set(row, i, x.get(row, i) * ScalarMath.sigmoid(gate.get(row, i)));
    }
  }

  @Override
  public void exp(float[] x, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = ScalarMath.exp(x[i]);
    }
  }

  @Override
  public float greatest(float[] x) {
    float greatest = Float.NEGATIVE_INFINITY;
    for (float value : x) {
      greatest = Math.max(greatest, value);
    }
    return greatest;
  }

  @Override
  public double weigh(float[] x, float greatest, float temperature, float[] weights) {
    for (int i = 0; i < x.length; i++) {
      weights[i] = ScalarMath.exp((x[i] - greatest) / temperature);
    }
    return ScalarSums.sum(weights, x.length);
  }

  @Override
  public int keep(float[] x, float least, int[] indices, float[] kept) {
    int count = 0;
    // Written always, counted only if kept: no branch for the processor to guess.
    for (int i = 0; i < x.length; i++) {
      indices[count] = i;
      kept[count] = x[i];
      count += x[i] >= least ? 1 : 0;
    }
    return count;
  }

  @Override
  public double sum(float[] x, int n) {
    return ScalarSums.sum(x, n);
  }

  @Override
  public int keepBetween(float[] x, int n, float least, float below, float[] kept) {
    int count = 0;
    for (int i = 0; i < n; i++) {
      float value = x[i];
      kept[count] = value;
      count += value >= least && value < below ? 1 : 0;
    }
    return count;
  }

  @Override
  public void wkv4(Wkv4Rows rows, Wkv4Weights weights, Stretch stretch) {
    ScalarHeads.wkv4(rows, weights, stretch);
  }

  @Override
  public void wkv6(Wkv6Rows rows, Wkv6Weights weights, Stretch stretch) {
    ScalarHeads.wkv6(rows, weights, stretch);
  }

  @Override
  public void wkv7(Wkv7Rows rows, Wkv7Weights weights, Stretch stretch) {
    ScalarHeads.wkv7(rows, weights, stretch);
  }
}
