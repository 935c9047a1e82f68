package dev.skein.kernels;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products with an {@link Int8Matrix}. The Vector API has no integer multiply-add, so the exact
 * integer sums are taken by floating multiply-adds on whole numbers, in two ways:
 *
 * <p><b>Halves</b> (few rows, or a panel that is not narrow): the sums H and L as floats, which are
 * exact for 512 columns (512 · 127 · 255 &lt; 2^24), then moved on to ints.
 *
 * <p><b>Pairs</b> (many rows, narrow panels): two activation rows in one double, {@code q 2^27 +
 * q'}, so that one multiply-add serves both. Over a window of 32 columns the sum of each is less
 * than 2^26, so the two can then be told apart by rounding to a multiple of 2^27. {@link
 * Int8Matrix#narrow} says why, and why the rounded {@code sum w q} is the defined result.
 */
final class VectorInt8Products {
  private static final int STRIPS = Matrix.PANEL / Lanes.V;
  private static final int QUAD_BYTES = Matrix.PANEL * 4;

  /** Quads after which float sums are moved on to ints. */
  private static final int EXACT_QUADS = 512 / 4;

  /** Rows from which on pairs are faster than halves. */
  private static final int MIN_PAIRED_ROWS = 3;

  private static final int CHUNK = ProductScratch.CHUNK;
  private static final int WINDOW = Activations.WINDOW;
  private static final int BLOCK = Activations.BLOCK;
  private static final int GROUP_ROWS = ProductScratch.BLOCKS * BLOCK;
  private static final int SUMS = ProductScratch.SUMS;

  /** Adding and subtracting it rounds to a multiple of 2^27. */
  private static final double ROUND = 1.5 * 0x1p52 * Activations.PAIR;

  private VectorInt8Products() {}

  static void multiply(
      Int8Matrix m,
      Activations.Floats x,
      int count,
      Rows y,
      int fromPanel,
      int toPanel,
      ProductScratch scratch) {
    int to = Math.min(toPanel * STRIPS, (m.rows() + Lanes.V - 1) / Lanes.V);
    for (int p = fromPanel; p < toPanel; ) {
      if (count >= MIN_PAIRED_ROWS && m.narrow(p)) {
        for (int t = 0; t < count; t += GROUP_ROWS) {
          paired(m, p, x, t, Math.min(count, t + GROUP_ROWS), y, scratch);
        }
        p++;
      } else {
        int end = count >= MIN_PAIRED_ROWS ? p + 1 : Math.min(toPanel, p + 4);
        for (int t = 0; t < count; t++) {
          halves(m, p * STRIPS, Math.min(end * STRIPS, to), x, t, y);
        }
        p = end;
      }
    }
  }

  // ---- halves

  private static void halves(
      Int8Matrix m, int fromStrip, int toStrip, Activations.Floats x, int t, Rows y) {
    int s = fromStrip;
    for (; s + 3 < toStrip; s += 4) {
      fourStrips(m, s, x, t, y);
    }
    for (; s < toStrip; s++) {
      oneStrip(m, s, x, t, y);
    }
  }

  /** Four strips at once: four streams from memory, where one alone would wait at every page. */
  private static void fourStrips(Int8Matrix m, int strip, Activations.Floats x, int t, Rows y) {
    MemorySegment data = m.data();
    float[] hi = x.hi()[t];
    float[] lo = x.lo()[t];
    IntVector high0 = IntVector.zero(Lanes.INTS);
    IntVector high1 = high0;
    IntVector high2 = high0;
    IntVector high3 = high0;
    IntVector low0 = high0;
    IntVector low1 = high0;
    IntVector low2 = high0;
    IntVector low3 = high0;
    long at0 = offset(m, strip);
    long at1 = offset(m, strip + 1);
    long at2 = offset(m, strip + 2);
    long at3 = offset(m, strip + 3);
    for (int from = 0; from < m.quads(); from += EXACT_QUADS) {
      int to = Math.min(m.quads(), from + EXACT_QUADS);
      FloatVector h0 = FloatVector.zero(Lanes.FLOATS);
      FloatVector h1 = h0;
      FloatVector h2 = h0;
      FloatVector h3 = h0;
      FloatVector l0 = h0;
      FloatVector l1 = h0;
      FloatVector l2 = h0;
      FloatVector l3 = h0;
      for (int quad = from; quad < to; quad++) {
        IntVector w0 = load(data, at0 + (long) quad * QUAD_BYTES);
        IntVector w1 = load(data, at1 + (long) quad * QUAD_BYTES);
        IntVector w2 = load(data, at2 + (long) quad * QUAD_BYTES);
        IntVector w3 = load(data, at3 + (long) quad * QUAD_BYTES);
        for (int c = 0; c < 4; c++) {
          FloatVector h = Lanes.floats(hi[4 * quad + c]);
          FloatVector l = Lanes.floats(lo[4 * quad + c]);
          FloatVector f = column(w0, c);
          h0 = f.fma(h, h0);
          l0 = f.fma(l, l0);
          f = column(w1, c);
          h1 = f.fma(h, h1);
          l1 = f.fma(l, l1);
          f = column(w2, c);
          h2 = f.fma(h, h2);
          l2 = f.fma(l, l2);
          f = column(w3, c);
          h3 = f.fma(h, h3);
          l3 = f.fma(l, l3);
        }
      }
      high0 = high0.add(toInts(h0));
      high1 = high1.add(toInts(h1));
      high2 = high2.add(toInts(h2));
      high3 = high3.add(toInts(h3));
      low0 = low0.add(toInts(l0));
      low1 = low1.add(toInts(l1));
      low2 = low2.add(toInts(l2));
      low3 = low3.add(toInts(l3));
    }
    finish(m, strip, high0, low0, x.scales()[t], y, t);
    finish(m, strip + 1, high1, low1, x.scales()[t], y, t);
    finish(m, strip + 2, high2, low2, x.scales()[t], y, t);
    finish(m, strip + 3, high3, low3, x.scales()[t], y, t);
  }

  private static void oneStrip(Int8Matrix m, int strip, Activations.Floats x, int t, Rows y) {
    MemorySegment data = m.data();
    float[] hi = x.hi()[t];
    float[] lo = x.lo()[t];
    IntVector high = IntVector.zero(Lanes.INTS);
    IntVector low = high;
    long at = offset(m, strip);
    for (int from = 0; from < m.quads(); from += EXACT_QUADS) {
      int to = Math.min(m.quads(), from + EXACT_QUADS);
      FloatVector h = FloatVector.zero(Lanes.FLOATS);
      FloatVector l = h;
      for (int quad = from; quad < to; quad++) {
        IntVector w = load(data, at + (long) quad * QUAD_BYTES);
        for (int c = 0; c < 4; c++) {
          FloatVector f = column(w, c);
          h = f.fma(Lanes.floats(hi[4 * quad + c]), h);
          l = f.fma(Lanes.floats(lo[4 * quad + c]), l);
        }
      }
      high = high.add(toInts(h));
      low = low.add(toInts(l));
    }
    finish(m, strip, high, low, x.scales()[t], y, t);
  }

  private static void finish(
      Int8Matrix m, int strip, IntVector high, IntVector low, float scale, Rows y, int t) {
    int row = strip * Lanes.V;
    FloatVector scales = FloatVector.fromArray(Lanes.FLOATS, m.scales(), row).mul(scale);
    FloatVector result = toFloats(high).fma(Lanes.floats(256), toFloats(low)).mul(scales);
    Lanes.store(result, y.data(), y.at(t, row));
  }

  private static long offset(Int8Matrix m, int strip) {
    return m.offset(strip / STRIPS) + strip % STRIPS * (Lanes.V * 4L);
  }

  private static IntVector load(MemorySegment data, long offset) {
    return IntVector.fromMemorySegment(Lanes.INTS, data, offset, ByteOrder.LITTLE_ENDIAN);
  }

  /** One of the four columns of a quad, times 2^24: the byte stays at the top. */
  private static FloatVector column(IntVector quad, int c) {
    IntVector top = quad.lanewise(VectorOperators.LSHL, 24 - 8 * c);
    return toFloats(c == 0 ? top : top.and(0xff000000));
  }

  /** Takes the factor of {@link #column} back. */
  private static IntVector toInts(FloatVector x) {
    return (IntVector) x.mul(0x1p-24f).convert(VectorOperators.F2I, 0);
  }

  private static FloatVector toFloats(IntVector x) {
    return (FloatVector) x.convert(VectorOperators.I2F, 0);
  }

  // ---- pairs

  private static void paired(
      Int8Matrix m,
      int panel,
      Activations.Floats x,
      int fromRow,
      int toRow,
      Rows y,
      ProductScratch scratch) {
    int fromBlock = fromRow / BLOCK;
    int blocks = (toRow - fromRow + BLOCK - 1) / BLOCK;
    double[] sums = scratch.sums;
    Arrays.fill(sums, 0, blocks * SUMS, 0);
    for (int k = 0; k < m.columns(); k += CHUNK) {
      int columns = widen(m, panel, k, scratch.weights);
      for (int b = 0; b < blocks; b++) {
        double[] block = x.blocks()[fromBlock + b];
        for (int first = 0; first < columns; first += WINDOW) {
          for (int rows = 0; rows < Matrix.PANEL; rows += 2 * Lanes.D) {
            window(scratch.weights, first, rows, block, k + first, scratch.both);
          }
          split(scratch.both, sums, b * SUMS);
        }
      }
    }
    for (int t = fromRow; t < toRow; t++) {
      int block = (t - fromRow) / BLOCK;
      int pair = t % BLOCK / 2;
      int at = block * SUMS + t % 2 * (SUMS / 2) + pair * Matrix.PANEL;
      double unit = t % 2 == 0 ? 1 / Activations.PAIR : 1;
      finish(m, panel, sums, at, unit, x.scales()[t], y, t);
    }
  }

  /**
   * Widens a chunk of a panel to {@code double[column][16]}, filled up with zeros to whole windows;
   * returns how many columns that is.
   */
  private static int widen(Int8Matrix m, int panel, int k, double[] out) {
    MemorySegment data = m.data();
    int quads = Math.min(m.quads() - k / 4, CHUNK / 4);
    long base = m.offset(panel) + (k / 4) * (long) QUAD_BYTES;
    for (int row = 0; row < Matrix.PANEL; row += Lanes.D) {
      for (int quad = 0; quad < quads; quad++) {
        IntVector w =
            IntVector.fromMemorySegment(
                Lanes.HALF_INTS,
                data,
                base + quad * (long) QUAD_BYTES + row * 4L,
                ByteOrder.LITTLE_ENDIAN);
        int at = quad * QUAD_BYTES + row;
        toDoubles(signed(w, 24)).intoArray(out, at);
        toDoubles(signed(w, 16)).intoArray(out, at + Matrix.PANEL);
        toDoubles(signed(w, 8)).intoArray(out, at + 2 * Matrix.PANEL);
        toDoubles(signed(w, 0)).intoArray(out, at + 3 * Matrix.PANEL);
      }
    }
    int columns = (quads * 4 + WINDOW - 1) / WINDOW * WINDOW;
    Arrays.fill(out, quads * QUAD_BYTES, columns * Matrix.PANEL, 0);
    return columns;
  }

  /** The byte that {@code left} bits to the left is at the top. */
  private static IntVector signed(IntVector quad, int left) {
    return quad.lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 24);
  }

  private static DoubleVector toDoubles(IntVector x) {
    return (DoubleVector) x.convertShape(VectorOperators.I2D, Lanes.DOUBLES, 0);
  }

  /**
   * A window of columns of two vectors of matrix rows, times the four pairs of a block. The
   * activations of a column stand side by side, so that one register addresses them all.
   */
  private static void window(
      double[] w, int column, int rows, double[] x, int xColumn, double[] both) {
    DoubleVector a0 = DoubleVector.zero(Lanes.DOUBLES);
    DoubleVector a1 = a0;
    DoubleVector a2 = a0;
    DoubleVector a3 = a0;
    DoubleVector b0 = a0;
    DoubleVector b1 = a0;
    DoubleVector b2 = a0;
    DoubleVector b3 = a0;
    int at = column * Matrix.PANEL + rows;
    int xAt = 4 * xColumn;
    for (int c = 0; c < WINDOW; c++) {
      DoubleVector a = DoubleVector.fromArray(Lanes.DOUBLES, w, at + c * Matrix.PANEL);
      DoubleVector b = DoubleVector.fromArray(Lanes.DOUBLES, w, at + c * Matrix.PANEL + Lanes.D);
      DoubleVector v = Lanes.doubles(x[xAt + 4 * c]);
      a0 = a.fma(v, a0);
      b0 = b.fma(v, b0);
      v = Lanes.doubles(x[xAt + 4 * c + 1]);
      a1 = a.fma(v, a1);
      b1 = b.fma(v, b1);
      v = Lanes.doubles(x[xAt + 4 * c + 2]);
      a2 = a.fma(v, a2);
      b2 = b.fma(v, b2);
      v = Lanes.doubles(x[xAt + 4 * c + 3]);
      a3 = a.fma(v, a3);
      b3 = b.fma(v, b3);
    }
    a0.intoArray(both, rows);
    b0.intoArray(both, rows + Lanes.D);
    a1.intoArray(both, rows + 16);
    b1.intoArray(both, rows + 16 + Lanes.D);
    a2.intoArray(both, rows + 32);
    b2.intoArray(both, rows + 32 + Lanes.D);
    a3.intoArray(both, rows + 48);
    b3.intoArray(both, rows + 48 + Lanes.D);
  }

  /** Tells the two sums of every pair apart and adds each to its own, from number {@code at}. */
  private static void split(double[] both, double[] sums, int at) {
    for (int i = 0; i < SUMS / 2; i += Lanes.D) {
      DoubleVector sum = DoubleVector.fromArray(Lanes.DOUBLES, both, i);
      DoubleVector upper = sum.add(ROUND).sub(ROUND);
      DoubleVector lower = sum.sub(upper);
      int up = at + i;
      int down = up + SUMS / 2;
      DoubleVector.fromArray(Lanes.DOUBLES, sums, up).add(upper).intoArray(sums, up);
      DoubleVector.fromArray(Lanes.DOUBLES, sums, down).add(lower).intoArray(sums, down);
    }
  }

  private static void finish(
      Int8Matrix m, int panel, double[] sums, int at, double unit, float scale, Rows y, int t) {
    int row = panel * Matrix.PANEL;
    int rows = Math.min(Matrix.PANEL, m.rows() - row);
    float[] scales = m.scales();
    for (int i = 0; i < rows; i++) {
      y.set(t, row + i, (float) (sums[at + i] * unit) * (scales[row + i] * scale));
    }
  }
}
