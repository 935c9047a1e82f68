package dev.skein.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A matrix of signed bytes with a scale per row: {@code weight = byte * scale}, {@code scale =
 * max|row| / 127}, {@code byte = rint(weight * (127 / max|row|))}. Bytes: {@code
 * byte[panel][ceil(columns / 4)][16][4]}, four neighbouring columns of a row together, which is
 * what byte dot product instructions read; missing rows and columns are zeros. After them the
 * scales, {@code float[panel][16]}, and a byte a panel: 1 if it is {@link #narrow}.
 *
 * <p>The product with a quantised activation {@code q = 256 hi + lo} (see {@link Activations}) is
 * defined by two integer sums, {@code H = sum w hi} and {@code L = sum w lo}, as {@code fma((float)
 * H, 256, (float) L) * (scale * activation scale)}. Integer sums are exact, so every backend may
 * take them in the order it likes.
 */
public final class Int8Matrix implements Matrix {
  private final int rows;
  private final int columns;
  private final MemorySegment image;
  private final MemorySegment data;
  private final float[] scales;
  private final boolean[] narrow;

  private Int8Matrix(int rows, int columns, MemorySegment image) {
    this.rows = rows;
    this.columns = columns;
    this.image = image;
    this.data = image.asSlice(0, dataBytes(rows, columns));
    this.scales = new float[panels() * PANEL];
    this.narrow = new boolean[panels()];
  }

  /**
   * Quantises and packs the rows of {@code source} into memory of {@code arena}.
   *
   * @throws IllegalArgumentException if a weight is NaN or infinite, or there are more columns than
   *     int sums can hold (65793)
   */
  public static Int8Matrix pack(
      Arena arena, int rows, int columns, RowSource source, WorkerPool workers) {
    if (columns > 65793) {
      throw new IllegalArgumentException(columns + " columns, more than 65793");
    }
    MemorySegment image = arena.allocate(imageBytes(rows, columns), 64);
    Int8Matrix matrix = new Int8Matrix(rows, columns, image);
    workers.run(source, matrix::packPart);
    matrix.writeTail();
    return matrix;
  }

  /**
   * The matrix of an image, which stays where it is; only scales and marks are copied.
   *
   * @throws IllegalArgumentException if the image has another size, or a scale is not finite
   */
  public static Int8Matrix of(int rows, int columns, MemorySegment image) {
    Matrix.requireSize(image, imageBytes(rows, columns));
    Int8Matrix matrix = new Int8Matrix(rows, columns, image);
    long at = dataBytes(rows, columns);
    MemorySegment.copy(image, LittleEndian.FLOAT, at, matrix.scales, 0, matrix.scales.length);
    for (float scale : matrix.scales) {
      if (!(Math.abs(scale) <= Float.MAX_VALUE)) {
        throw new IllegalArgumentException("a scale that is not finite");
      }
    }
    at += 4L * matrix.scales.length;
    for (int p = 0; p < matrix.narrow.length; p++) {
      matrix.narrow[p] = image.get(ValueLayout.JAVA_BYTE, at + p) == 1;
    }
    return matrix;
  }

  /** Bytes of an image. */
  public static long imageBytes(int rows, int columns) {
    long panels = (rows + PANEL - 1L) / PANEL;
    return dataBytes(rows, columns) + panels * (PANEL * 4L + 1);
  }

  private static long dataBytes(int rows, int columns) {
    return (rows + PANEL - 1L) / PANEL * ((columns + 3L) / 4) * PANEL * 4;
  }

  private void writeTail() {
    long at = data.byteSize();
    MemorySegment.copy(scales, 0, image, LittleEndian.FLOAT, at, scales.length);
    at += 4L * scales.length;
    for (int p = 0; p < narrow.length; p++) {
      image.set(ValueLayout.JAVA_BYTE, at + p, (byte) (narrow[p] ? 1 : 0));
    }
  }

  private void packPart(RowSource source, int part, int parts) {
    float[] row = new float[columns];
    for (int p = firstPanel(part, parts); p < firstPanel(part + 1, parts); p++) {
      narrow[p] = true;
      for (int r = p * PANEL; r < Math.min(rows, (p + 1) * PANEL); r++) {
        source.read(r, row);
        narrow[p] &= packRow(r, row);
      }
    }
  }

  /** Whether the row is narrow, see {@link #narrow(int)}. */
  private boolean packRow(int r, float[] row) {
    float max = 0;
    for (float w : row) {
      max = Math.max(max, Math.abs(w)); // NaN stays NaN
    }
    if (!(max <= Float.MAX_VALUE)) {
      throw new IllegalArgumentException("row " + r + " holds a weight that is not finite");
    }
    float inverse = max < 1e-30f ? 0 : 127 / max;
    scales[r] = max < 1e-30f ? 0 : max / 127;
    for (int k = 0; k < columns; k++) {
      data.set(ValueLayout.JAVA_BYTE, at(r, k), (byte) (int) Math.rint(row[k] * inverse));
    }
    return narrowRow(r);
  }

  private long at(int r, int k) {
    return offset(r / PANEL) + (r % PANEL) * 4L + (k / 4) * 64L + k % 4;
  }

  private boolean narrowRow(int r) {
    long sum = 0;
    long absolute = 0;
    int window = 0;
    boolean flat = true;
    for (int k = 0; k < columns; k++) {
      int q = data.get(ValueLayout.JAVA_BYTE, at(r, k));
      window = (k % Activations.WINDOW == 0 ? 0 : window) + Math.abs(q);
      flat &= window < 1 << 11;
      sum += q;
      absolute += Math.abs(q);
    }
    return flat && absolute + Math.abs(sum) <= 1 << 17;
  }

  /**
   * Whether all rows of the panel have two properties, which nearly all trained weights have, and
   * which make room for a faster way to the same sums, whatever the activations are.
   *
   * <p>{@code sum |w| + |sum w| <= 2^17}. Then {@code |H| <= 2^24} and {@code |L| <= 2^24}, because
   * {@code |hi| <= 128} and {@code |lo - 127.5| <= 127.5}. So both are floats without rounding, and
   * {@code fma((float) H, 256, (float) L)} is simply {@code sum w q} rounded once.
   *
   * <p>{@code sum |w| < 2^11} over every window of 32 columns. Then {@code |sum w q| < 2^26} over a
   * window, because {@code |q| <= 32767}, and the sums of two activation rows fit into one double.
   */
  boolean narrow(int panel) {
    return narrow[panel];
  }

  /** Whether the marks of an image are true: reads all weights. */
  public boolean consistent() {
    for (int p = 0; p < panels(); p++) {
      boolean all = true;
      for (int r = p * PANEL; r < Math.min(rows, (p + 1) * PANEL); r++) {
        all &= narrowRow(r);
      }
      if (all != narrow[p]) {
        return false;
      }
    }
    return true;
  }

  /** Where a panel begins. */
  long offset(int panel) {
    return (long) panel * quads() * PANEL * 4;
  }

  /** Groups of four columns. */
  int quads() {
    return (columns + 3) / 4;
  }

  MemorySegment data() {
    return data;
  }

  /** The scales of all rows, filled up with zeros to whole panels. */
  float[] scales() {
    return scales;
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int columns() {
    return columns;
  }

  @Override
  public long bytes() {
    return data.byteSize() + 4L * rows;
  }

  @Override
  public void read(int row, float[] out) {
    for (int k = 0; k < columns; k++) {
      out[k] = data.get(ValueLayout.JAVA_BYTE, at(row, k)) * scales[row];
    }
  }

  @Override
  public MemorySegment image() {
    return image;
  }
}
