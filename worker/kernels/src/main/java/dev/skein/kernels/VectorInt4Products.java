package dev.skein.kernels;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products with an {@link Int4Matrix}. The sum of a group is taken by floating multiply-adds on
 * whole numbers, exactly since it is less than 2^23. Times the group's scale it is an int of at
 * most 2^30, of which the upper part and the lower twelve bits are added up apart, in ints.
 */
final class VectorInt4Products {
  private static final int STRIPS = Matrix.PANEL / Lanes.V;
  private static final int GROUP = Int4Matrix.GROUP;
  private static final int QUARTERS = 4;
  private static final int SPLIT = 12;
  private static final int LOWER = (1 << SPLIT) - 1;

  private static final int ROWS = ProductScratch.INT_ROWS;

  private VectorInt4Products() {}

  static void multiply(
      Int4Matrix m,
      Activations.Floats x,
      int count,
      Rows y,
      int fromPanel,
      int toPanel,
      ProductScratch scratch) {
    int p = fromPanel;
    if (count == 1) {
      int strips = (toPanel - fromPanel) * STRIPS / 4 * 4;
      for (int s = 0; s < strips; s += 4) {
        fourStrips(m, fromPanel * STRIPS + s, x.whole()[0], scratch);
        for (int i = 0; i < 4 * Lanes.V; i += Matrix.PANEL) {
          int panel = fromPanel + (s * Lanes.V + i) / Matrix.PANEL;
          finish(m, panel, scratch, i, x.scales()[0], y, 0);
        }
      }
      p += strips / STRIPS;
    }
    for (; p < toPanel; p++) {
      for (int t = 0; t < count; t += ROWS) {
        panel(m, p, x, t, Math.min(count, t + ROWS), y, scratch);
      }
    }
  }

  // ---- one row

  /** Four strips at once: four streams from memory, where one alone would wait at every page. */
  private static void fourStrips(Int4Matrix m, int strip, float[] x, ProductScratch scratch) {
    MemorySegment data = m.image();
    IntVector upper0 = IntVector.zero(Lanes.INTS);
    IntVector upper1 = upper0;
    IntVector upper2 = upper0;
    IntVector upper3 = upper0;
    IntVector lower0 = upper0;
    IntVector lower1 = upper0;
    IntVector lower2 = upper0;
    IntVector lower3 = upper0;
    for (int g = 0; g < m.groups(); g++) {
      FloatVector s0 = FloatVector.zero(Lanes.FLOATS);
      FloatVector s1 = s0;
      FloatVector s2 = s0;
      FloatVector s3 = s0;
      long at0 = offset(m, strip, g);
      long at1 = offset(m, strip + 1, g);
      long at2 = offset(m, strip + 2, g);
      long at3 = offset(m, strip + 3, g);
      for (int quarter = 0; quarter < QUARTERS; quarter++) {
        long step = (long) quarter * Int4Matrix.QUARTER_BYTES;
        IntVector w0 = load(data, at0 + step);
        IntVector w1 = load(data, at1 + step);
        IntVector w2 = load(data, at2 + step);
        IntVector w3 = load(data, at3 + step);
        for (int c = 0; c < 8; c++) {
          FloatVector v = Lanes.floats(x[g * GROUP + quarter * 8 + c]);
          int left = left(c);
          s0 = column(w0, left).fma(v, s0);
          s1 = column(w1, left).fma(v, s1);
          s2 = column(w2, left).fma(v, s2);
          s3 = column(w3, left).fma(v, s3);
        }
      }
      IntVector p0 = toInts(s0).mul(groupScales(m, strip, g));
      IntVector p1 = toInts(s1).mul(groupScales(m, strip + 1, g));
      IntVector p2 = toInts(s2).mul(groupScales(m, strip + 2, g));
      IntVector p3 = toInts(s3).mul(groupScales(m, strip + 3, g));
      upper0 = upper0.add(p0.lanewise(VectorOperators.ASHR, SPLIT));
      upper1 = upper1.add(p1.lanewise(VectorOperators.ASHR, SPLIT));
      upper2 = upper2.add(p2.lanewise(VectorOperators.ASHR, SPLIT));
      upper3 = upper3.add(p3.lanewise(VectorOperators.ASHR, SPLIT));
      lower0 = lower0.add(p0.and(LOWER));
      lower1 = lower1.add(p1.and(LOWER));
      lower2 = lower2.add(p2.and(LOWER));
      lower3 = lower3.add(p3.and(LOWER));
    }
    upper0.intoArray(scratch.upper, 0);
    upper1.intoArray(scratch.upper, Lanes.V);
    upper2.intoArray(scratch.upper, 2 * Lanes.V);
    upper3.intoArray(scratch.upper, 3 * Lanes.V);
    lower0.intoArray(scratch.lower, 0);
    lower1.intoArray(scratch.lower, Lanes.V);
    lower2.intoArray(scratch.lower, 2 * Lanes.V);
    lower3.intoArray(scratch.lower, 3 * Lanes.V);
  }

  private static long offset(Int4Matrix m, int strip, int group) {
    return m.offset(strip / STRIPS, group) + strip % STRIPS * (Lanes.V * 4L);
  }

  private static IntVector load(MemorySegment data, long offset) {
    return IntVector.fromMemorySegment(Lanes.INTS, data, offset, ByteOrder.LITTLE_ENDIAN);
  }

  /** How far the four bits of a column of eight are from the top. */
  private static int left(int c) {
    return 28 - c % 4 * 8 - c / 4 * 4;
  }

  /** A column of a quarter, times 2^28: its bits stay at the top. */
  private static FloatVector column(IntVector quarter, int left) {
    IntVector top = quarter.lanewise(VectorOperators.LSHL, left).and(0xf0000000);
    return (FloatVector) top.convert(VectorOperators.I2F, 0);
  }

  /** Takes the factor of {@link #column} back. */
  private static IntVector toInts(FloatVector x) {
    return (IntVector) x.mul(0x1p-28f).convert(VectorOperators.F2I, 0);
  }

  private static IntVector groupScales(Int4Matrix m, int strip, int group) {
    long at = m.groupScaleAt(strip / STRIPS, group) + strip % STRIPS * (long) Lanes.V;
    ByteVector bytes =
        ByteVector.fromMemorySegment(Lanes.QUARTER_BYTES, m.image(), at, ByteOrder.LITTLE_ENDIAN);
    return (IntVector) bytes.convertShape(VectorOperators.B2I, Lanes.INTS, 0);
  }

  // ---- several rows

  private static void panel(
      Int4Matrix m,
      int panel,
      Activations.Floats x,
      int fromRow,
      int toRow,
      Rows y,
      ProductScratch scratch) {
    int rows = toRow - fromRow;
    Arrays.fill(scratch.upper, 0, rows * Matrix.PANEL, 0);
    Arrays.fill(scratch.lower, 0, rows * Matrix.PANEL, 0);
    for (int g = 0; g < m.groups(); g++) {
      for (int s = 0; s < STRIPS; s++) {
        widen(m, panel * STRIPS + s, g, scratch.floats, s * Lanes.V);
        IntVector scales = groupScales(m, panel * STRIPS + s, g);
        int t = 0;
        for (; t + 3 < rows; t += 4) {
          fourRows(scratch, s * Lanes.V, x.whole(), fromRow, t, g * GROUP, scales);
        }
        for (; t < rows; t++) {
          oneRow(scratch, s * Lanes.V, x.whole()[fromRow + t], t, g * GROUP, scales);
        }
      }
    }
    for (int t = 0; t < rows; t++) {
      finish(m, panel, scratch, t * Matrix.PANEL, x.scales()[fromRow + t], y, fromRow + t);
    }
  }

  /** Widens a group to {@code float[column][16]}, times 2^28. */
  private static void widen(Int4Matrix m, int strip, int group, float[] out, int lane) {
    long at = offset(m, strip, group);
    for (int quarter = 0; quarter < QUARTERS; quarter++) {
      IntVector w = load(m.image(), at + (long) quarter * Int4Matrix.QUARTER_BYTES);
      for (int c = 0; c < 8; c++) {
        column(w, left(c)).intoArray(out, (quarter * 8 + c) * Matrix.PANEL + lane);
      }
    }
  }

  private static void fourRows(
      ProductScratch scratch, int lane, float[][] x, int from, int t, int k, IntVector scales) {
    float[] w = scratch.floats;
    float[] x0 = x[from + t];
    float[] x1 = x[from + t + 1];
    float[] x2 = x[from + t + 2];
    float[] x3 = x[from + t + 3];
    FloatVector s0 = FloatVector.zero(Lanes.FLOATS);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    for (int c = 0; c < GROUP; c++) {
      FloatVector v = FloatVector.fromArray(Lanes.FLOATS, w, c * Matrix.PANEL + lane);
      s0 = v.fma(Lanes.floats(x0[k + c]), s0);
      s1 = v.fma(Lanes.floats(x1[k + c]), s1);
      s2 = v.fma(Lanes.floats(x2[k + c]), s2);
      s3 = v.fma(Lanes.floats(x3[k + c]), s3);
    }
    add(scratch, t * Matrix.PANEL + lane, toInts(s0).mul(scales));
    add(scratch, (t + 1) * Matrix.PANEL + lane, toInts(s1).mul(scales));
    add(scratch, (t + 2) * Matrix.PANEL + lane, toInts(s2).mul(scales));
    add(scratch, (t + 3) * Matrix.PANEL + lane, toInts(s3).mul(scales));
  }

  private static void oneRow(
      ProductScratch scratch, int lane, float[] x, int t, int k, IntVector scales) {
    float[] w = scratch.floats;
    FloatVector sum = FloatVector.zero(Lanes.FLOATS);
    for (int c = 0; c < GROUP; c++) {
      FloatVector v = FloatVector.fromArray(Lanes.FLOATS, w, c * Matrix.PANEL + lane);
      sum = v.fma(Lanes.floats(x[k + c]), sum);
    }
    add(scratch, t * Matrix.PANEL + lane, toInts(sum).mul(scales));
  }

  private static void add(ProductScratch scratch, int at, IntVector product) {
    IntVector upper = product.lanewise(VectorOperators.ASHR, SPLIT);
    IntVector.fromArray(Lanes.INTS, scratch.upper, at).add(upper).intoArray(scratch.upper, at);
    IntVector lower = product.and(LOWER);
    IntVector.fromArray(Lanes.INTS, scratch.lower, at).add(lower).intoArray(scratch.lower, at);
  }

  private static void finish(
      Int4Matrix m, int panel, ProductScratch scratch, int at, float scale, Rows y, int t) {
    int row = panel * Matrix.PANEL;
    int rows = Math.min(Matrix.PANEL, m.rows() - row);
    float[] scales = m.scales();
    for (int i = 0; i < rows; i++) {
      long sum = ((long) scratch.upper[at + i] << SPLIT) + scratch.lower[at + i];
      y.set(t, row + i, (float) sum * (scales[row + i] * scale));
    }
  }
}
