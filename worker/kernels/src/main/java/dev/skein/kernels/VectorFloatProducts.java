package dev.skein.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * Products with a {@link FloatMatrix}. A lane is a row of the matrix, and every lane adds up its
 * columns in order, so neither the width of the vectors nor the shape of the tile shows in the
 * result. Rows are filled up to whole panels, so that a vector may be stored whole. A strip is the
 * part of a panel that fits one vector.
 */
final class VectorFloatProducts {
  private static final int STRIPS = Matrix.PANEL / Lanes.V;
  private static final long STEP = Matrix.PANEL * 4L;

  private VectorFloatProducts() {}

  static void multiply(
      FloatMatrix m, Activations x, int count, Rows y, int fromPanel, int toPanel) {
    int to = Math.min(toPanel * STRIPS, (m.rows() + Lanes.V - 1) / Lanes.V);
    int s = fromPanel * STRIPS;
    for (; s + 3 < to; s += 4) {
      int t = 0;
      for (; t + 3 < count; t += 4) {
        fourByTwo(m, s, x.rows(), y, t);
        fourByTwo(m, s + 2, x.rows(), y, t);
      }
      for (; t < count; t++) {
        oneByFour(m, s, x.rows(), y, t);
      }
    }
    for (; s < to; s++) {
      for (int t = 0; t < count; t++) {
        one(m, s, x.rows(), y, t);
      }
    }
  }

  private static long offset(FloatMatrix m, int strip) {
    return m.offset(strip / STRIPS) + strip % STRIPS * (Lanes.V * 4L);
  }

  private static FloatVector load(MemorySegment data, long offset) {
    return FloatVector.fromMemorySegment(Lanes.FLOATS, data, offset, ByteOrder.LITTLE_ENDIAN);
  }

  private static FloatVector all(MemorySegment x, long at) {
    return Lanes.floats(x.get(ValueLayout.JAVA_FLOAT, at));
  }

  private static void one(FloatMatrix m, int strip, Rows x, Rows y, int t) {
    MemorySegment data = m.data();
    MemorySegment xs = x.data();
    long xAt = x.at(t);
    long base = offset(m, strip);
    FloatVector sum = FloatVector.zero(Lanes.FLOATS);
    for (int k = 0; k < m.columns(); k++) {
      sum = load(data, base + k * STEP).fma(all(xs, xAt + 4L * k), sum);
    }
    Lanes.store(sum, y.data(), y.at(t, strip * Lanes.V));
  }

  /** Four strips at once: four streams from memory, where one alone would wait at every page. */
  private static void oneByFour(FloatMatrix m, int strip, Rows x, Rows y, int t) {
    MemorySegment data = m.data();
    MemorySegment xs = x.data();
    long xAt = x.at(t);
    long base0 = offset(m, strip);
    long base1 = offset(m, strip + 1);
    long base2 = offset(m, strip + 2);
    long base3 = offset(m, strip + 3);
    FloatVector s0 = FloatVector.zero(Lanes.FLOATS);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    for (int k = 0; k < m.columns(); k++) {
      FloatVector v = all(xs, xAt + 4L * k);
      s0 = load(data, base0 + k * STEP).fma(v, s0);
      s1 = load(data, base1 + k * STEP).fma(v, s1);
      s2 = load(data, base2 + k * STEP).fma(v, s2);
      s3 = load(data, base3 + k * STEP).fma(v, s3);
    }
    Lanes.store(s0, y.data(), y.at(t, strip * Lanes.V));
    Lanes.store(s1, y.data(), y.at(t, (strip + 1) * Lanes.V));
    Lanes.store(s2, y.data(), y.at(t, (strip + 2) * Lanes.V));
    Lanes.store(s3, y.data(), y.at(t, (strip + 3) * Lanes.V));
  }

  private static void fourByTwo(FloatMatrix m, int strip, Rows x, Rows y, int t) {
    MemorySegment data = m.data();
    long baseA = offset(m, strip);
    long baseB = offset(m, strip + 1);
    MemorySegment xs = x.data();
    long x0 = x.at(t);
    long x1 = x.at(t + 1);
    long x2 = x.at(t + 2);
    long x3 = x.at(t + 3);
    FloatVector a0 = FloatVector.zero(Lanes.FLOATS);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector b0 = a0;
    FloatVector b1 = a0;
    FloatVector b2 = a0;
    FloatVector b3 = a0;
    for (int k = 0; k < m.columns(); k++) {
      FloatVector a = load(data, baseA + k * STEP);
      FloatVector b = load(data, baseB + k * STEP);
      FloatVector v = all(xs, x0 + 4L * k);
      a0 = a.fma(v, a0);
      b0 = b.fma(v, b0);
      v = all(xs, x1 + 4L * k);
      a1 = a.fma(v, a1);
      b1 = b.fma(v, b1);
      v = all(xs, x2 + 4L * k);
      a2 = a.fma(v, a2);
      b2 = b.fma(v, b2);
      v = all(xs, x3 + 4L * k);
      a3 = a.fma(v, a3);
      b3 = b.fma(v, b3);
    }
    Lanes.store(a0, y.data(), y.at(t, strip * Lanes.V));
    Lanes.store(a1, y.data(), y.at(t + 1, strip * Lanes.V));
    Lanes.store(a2, y.data(), y.at(t + 2, strip * Lanes.V));
    Lanes.store(a3, y.data(), y.at(t + 3, strip * Lanes.V));
    Lanes.store(b0, y.data(), y.at(t, (strip + 1) * Lanes.V));
    Lanes.store(b1, y.data(), y.at(t + 1, (strip + 1) * Lanes.V));
    Lanes.store(b2, y.data(), y.at(t + 2, (strip + 1) * Lanes.V));
    Lanes.store(b3, y.data(), y.at(t + 3, (strip + 1) * Lanes.V));
  }
}
