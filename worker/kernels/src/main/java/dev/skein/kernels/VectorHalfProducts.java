package dev.skein.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products with a {@link HalfMatrix}: some columns of four panels are widened to floats, then
 * multiplied with every row of activations. A lane is a row of the matrix, and every lane adds up
 * its columns in order, as with a {@link FloatMatrix}; in between, the sums stand in the result.
 */
final class VectorHalfProducts {
  private static final int STRIPS = Matrix.PANEL / Lanes.V;
  private static final int CHUNK = ProductScratch.FLOAT_CHUNK;
  private static final int PANEL_FLOATS = CHUNK * Matrix.PANEL;

  /** The exponents of a half are 112 less than those of a float. */
  private static final int EXPONENTS = 112 << 23;

  private static final int FLOAT_ONE_EXPONENT = 1 << 23;

  private VectorHalfProducts() {}

  static void multiply(
      HalfMatrix m,
      Activations x,
      int count,
      Rows y,
      int fromPanel,
      int toPanel,
      ProductScratch scratch) {
    float[] w = scratch.floats;
    for (int p = fromPanel; p < toPanel; p += ProductScratch.PANELS) {
      int panels = Math.min(ProductScratch.PANELS, toPanel - p);
      int strips = Math.min(panels * STRIPS, (m.rows() + Lanes.V - 1) / Lanes.V - p * STRIPS);
      for (int k = 0; k < m.columns(); k += CHUNK) {
        int columns = Math.min(CHUNK, m.columns() - k);
        for (int i = 0; i < panels; i++) {
          widen(m, p + i, k, columns, w, i * PANEL_FLOATS);
        }
        int t = 0;
        for (; t + 3 < count; t += 4) {
          for (int s = 0; s < strips; s++) {
            fourRows(w, s, k, columns, x.rows(), y, t, p * STRIPS + s);
          }
        }
        for (; t < count; t++) {
          oneRow(w, strips, k, columns, x.rows(), y, t, p * STRIPS);
        }
      }
    }
  }

  private static void widen(HalfMatrix m, int panel, int k, int columns, float[] out, int at) {
    long from = m.offset(panel) + k * (Matrix.PANEL * 2L);
    if (m.type() == HalfMatrix.Type.BF16) {
      for (int i = 0; i < columns * Matrix.PANEL; i += Lanes.V) {
        IntVector bits = load(m.data(), from + 2L * i);
        bits.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(out, at + i);
      }
    } else {
      for (int i = 0; i < columns * Matrix.PANEL; i += Lanes.V) {
        binary16(load(m.data(), from + 2L * i)).intoArray(out, at + i);
      }
    }
  }

  /** The shorts there, with their signs. */
  private static IntVector load(MemorySegment data, long offset) {
    ShortVector shorts =
        ShortVector.fromMemorySegment(Lanes.HALF_SHORTS, data, offset, ByteOrder.LITTLE_ENDIAN);
    return (IntVector) shorts.convertShape(VectorOperators.S2I, Lanes.INTS, 0);
  }

  /** The floats of finite halves. */
  private static FloatVector binary16(IntVector half) {
    IntVector size = half.and(0x7fff).lanewise(VectorOperators.LSHL, 13);
    IntVector normal = size.add(EXPONENTS);
    // Without the leading one of a normal number, it counts as one, and is taken away again.
    FloatVector leading = size.add(EXPONENTS + FLOAT_ONE_EXPONENT).reinterpretAsFloats();
    IntVector small = leading.sub(0x1p-14f).reinterpretAsInts();
    IntVector bits = normal.blend(small, size.compare(VectorOperators.LT, FLOAT_ONE_EXPONENT));
    return bits.or(half.and(0x80000000)).reinterpretAsFloats();
  }

  private static void fourRows(float[] w, int s, int k, int n, Rows x, Rows y, int t, int strip) {
    MemorySegment xs = x.data();
    long x0 = x.at(t, k);
    long x1 = x.at(t + 1, k);
    long x2 = x.at(t + 2, k);
    long x3 = x.at(t + 3, k);
    FloatVector s0 = begin(y, t, k, strip);
    FloatVector s1 = begin(y, t + 1, k, strip);
    FloatVector s2 = begin(y, t + 2, k, strip);
    FloatVector s3 = begin(y, t + 3, k, strip);
    int at = at(s);
    for (int c = 0; c < n; c++) {
      FloatVector v = FloatVector.fromArray(Lanes.FLOATS, w, at + c * Matrix.PANEL);
      s0 = v.fma(all(xs, x0 + 4L * c), s0);
      s1 = v.fma(all(xs, x1 + 4L * c), s1);
      s2 = v.fma(all(xs, x2 + 4L * c), s2);
      s3 = v.fma(all(xs, x3 + 4L * c), s3);
    }
    Lanes.store(s0, y.data(), y.at(t, strip * Lanes.V));
    Lanes.store(s1, y.data(), y.at(t + 1, strip * Lanes.V));
    Lanes.store(s2, y.data(), y.at(t + 2, strip * Lanes.V));
    Lanes.store(s3, y.data(), y.at(t + 3, strip * Lanes.V));
  }

  private static void oneRow(
      float[] w, int strips, int k, int n, Rows x, Rows y, int t, int first) {
    int s = 0;
    for (; s + 3 < strips; s += 4) {
      fourStrips(w, s, k, n, x, y, t, first + s);
    }
    for (; s < strips; s++) {
      FloatVector sum = begin(y, t, k, first + s);
      int at = at(s);
      for (int c = 0; c < n; c++) {
        FloatVector v = FloatVector.fromArray(Lanes.FLOATS, w, at + c * Matrix.PANEL);
        sum = v.fma(all(x.data(), x.at(t, k + c)), sum);
      }
      Lanes.store(sum, y.data(), y.at(t, (first + s) * Lanes.V));
    }
  }

  /** Four sums at once, since each waits for its own last addition. */
  private static void fourStrips(float[] w, int s, int k, int n, Rows x, Rows y, int t, int strip) {
    FloatVector s0 = begin(y, t, k, strip);
    FloatVector s1 = begin(y, t, k, strip + 1);
    FloatVector s2 = begin(y, t, k, strip + 2);
    FloatVector s3 = begin(y, t, k, strip + 3);
    int at0 = at(s);
    int at1 = at(s + 1);
    int at2 = at(s + 2);
    int at3 = at(s + 3);
    for (int c = 0; c < n; c++) {
      FloatVector v = all(x.data(), x.at(t, k + c));
      int step = c * Matrix.PANEL;
      s0 = FloatVector.fromArray(Lanes.FLOATS, w, at0 + step).fma(v, s0);
      s1 = FloatVector.fromArray(Lanes.FLOATS, w, at1 + step).fma(v, s1);
      s2 = FloatVector.fromArray(Lanes.FLOATS, w, at2 + step).fma(v, s2);
      s3 = FloatVector.fromArray(Lanes.FLOATS, w, at3 + step).fma(v, s3);
    }
    Lanes.store(s0, y.data(), y.at(t, strip * Lanes.V));
    Lanes.store(s1, y.data(), y.at(t, (strip + 1) * Lanes.V));
    Lanes.store(s2, y.data(), y.at(t, (strip + 2) * Lanes.V));
    Lanes.store(s3, y.data(), y.at(t, (strip + 3) * Lanes.V));
  }

  /** Where a strip's first column stands among the widened ones. */
  private static int at(int s) {
    return s / STRIPS * PANEL_FLOATS + s % STRIPS * Lanes.V;
  }

  private static FloatVector begin(Rows y, int t, int k, int strip) {
    return k == 0 ? FloatVector.zero(Lanes.FLOATS) : Lanes.load(y.data(), y.at(t, strip * Lanes.V));
  }

  private static FloatVector all(MemorySegment x, long at) {
    return Lanes.floats(x.get(ValueLayout.JAVA_FLOAT, at));
  }
}
