package dev.skein.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A matrix of weights of four bits in groups of 32 columns: {@code weight = q * groupScale *
 * scale}, {@code -8 <= q <= 7}, {@code groupScale} a whole number from -127 to 127 for each row and
 * group, {@code scale} a float for each row. 4.25 bits a weight.
 *
 * <p>The product with a quantised activation {@code x} of 16 bits (see {@link Activations}) is
 * {@code (float) S * (scale * activation scale)} with the one whole number {@code S = sum over
 * groups of groupScale * (sum over the group of q x)}, rounded once. A group's sum is less than
 * 2^23, times its scale at most 2^30, and S less than 2^42, so S may be taken exactly in many ways
 * (in floats, ints and doubles), and every backend gives the same bits in the order it likes.
 *
 * <p>Bytes, all dimensions filled up with zeros:
 *
 * <pre>
 * nibbles      byte[panel][group][4][16][4]   groups of 32 columns; of the eight columns of a
 *                                             quarter, column c in the lower half of byte c and
 *                                             column 4 + c in the upper half
 * group scales byte[panel][group][16]
 * scales       float[panel][16]
 * </pre>
 *
 * so that 64 bytes, after a mask and a shift, are two operands of byte dot product instructions.
 */
public final class Int4Matrix implements Matrix {
  /** Columns of a group. */
  static final int GROUP = Activations.WINDOW;

  /** Bytes of the weights of a group in a panel. */
  static final int GROUP_BYTES = PANEL * GROUP / 2;

  /** Bytes of eight columns in a panel. */
  static final int QUARTER_BYTES = GROUP_BYTES / 4;

  private static final int COLUMNS_MAX = 65793;

  private final int rows;
  private final int columns;
  private final MemorySegment image;
  private final long scalesAt;
  private final float[] scales;

  private Int4Matrix(int rows, int columns, MemorySegment image) {
    this.rows = rows;
    this.columns = columns;
    this.image = image;
    this.scalesAt = (long) panels() * groups() * GROUP_BYTES;
    this.scales = new float[panels() * PANEL];
  }

  /**
   * Quantises and packs the rows of {@code source} into memory of {@code arena}.
   *
   * @throws IllegalArgumentException if a weight is NaN or infinite, or there are more than 65793
   *     columns
   */
  public static Int4Matrix pack(
      Arena arena, int rows, int columns, RowSource source, WorkerPool workers) {
    requireColumns(columns);
    Int4Matrix matrix =
        new Int4Matrix(rows, columns, arena.allocate(imageBytes(rows, columns), 64));
    workers.run(source, matrix::packPart);
    MemorySegment.copy(
        matrix.scales, 0, matrix.image, LittleEndian.FLOAT, matrix.tailAt(), matrix.scales.length);
    return matrix;
  }

  /**
   * The matrix of an image, which stays where it is; only the scales of rows are copied.
   *
   * @throws IllegalArgumentException if the image has another size, or a scale is not finite
   */
  public static Int4Matrix of(int rows, int columns, MemorySegment image) {
    requireColumns(columns);
    Matrix.requireSize(image, imageBytes(rows, columns));
    Int4Matrix matrix = new Int4Matrix(rows, columns, image);
    MemorySegment.copy(
        image, LittleEndian.FLOAT, matrix.tailAt(), matrix.scales, 0, matrix.scales.length);
    for (float scale : matrix.scales) {
      if (!(Math.abs(scale) <= Float.MAX_VALUE)) {
        throw new IllegalArgumentException("a scale that is not finite");
      }
    }
    return matrix;
  }

  private static void requireColumns(int columns) {
    if (columns > COLUMNS_MAX) {
      throw new IllegalArgumentException(columns + " columns, more than " + COLUMNS_MAX);
    }
  }

  /** Bytes of an image. */
  public static long imageBytes(int rows, int columns) {
    long panels = (rows + PANEL - 1L) / PANEL;
    long groups = (columns + GROUP - 1L) / GROUP;
    return panels * (groups * (GROUP_BYTES + PANEL) + PANEL * 4L);
  }

  private long tailAt() {
    return scalesAt + (long) panels() * groups() * PANEL;
  }

  private void packPart(RowSource source, int part, int parts) {
    float[] row = new float[columns];
    float[] steps = new float[groups()];
    for (int p = firstPanel(part, parts); p < firstPanel(part + 1, parts); p++) {
      for (int r = p * PANEL; r < Math.min(rows, (p + 1) * PANEL); r++) {
        source.read(r, row);
        packRow(r, row, steps);
      }
    }
  }

  private void packRow(int r, float[] row, float[] steps) {
    float largest = 0;
    for (int g = 0; g < steps.length; g++) {
      int to = Math.min(columns, (g + 1) * GROUP);
      steps[g] = Int4Steps.best(row, g * GROUP, to);
      largest = Math.max(largest, Math.abs(steps[g])); // NaN stays NaN
    }
    if (!(largest <= Float.MAX_VALUE)) {
      throw new IllegalArgumentException("row " + r + " holds a weight that is not finite");
    }
    float scale = largest < 1e-30f ? 0 : largest / 127;
    scales[r] = scale;
    for (int g = 0; g < steps.length; g++) {
      int groupScale = scale == 0 ? 0 : (int) Math.rint(steps[g] / scale);
      image.set(ValueLayout.JAVA_BYTE, groupScaleAt(r / PANEL, g) + r % PANEL, (byte) groupScale);
      float step = groupScale * scale;
      for (int k = g * GROUP; k < Math.min(columns, (g + 1) * GROUP); k++) {
        put(r, k, step == 0 ? 0 : Int4Steps.nearest(row[k] / step));
      }
    }
  }

  private void put(int r, int k, int q) {
    long at = at(r, k);
    int shift = k % 8 < 4 ? 0 : 4;
    int old = image.get(ValueLayout.JAVA_BYTE, at);
    image.set(ValueLayout.JAVA_BYTE, at, (byte) (old | (q & 15) << shift));
  }

  private long at(int r, int k) {
    return offset(r / PANEL, k / GROUP)
        + k % GROUP / 8 * (long) QUARTER_BYTES
        + r % PANEL * 4L
        + k % 4;
  }

  /** A weight's four bits with their sign. */
  int weight(int r, int k) {
    int both = image.get(ValueLayout.JAVA_BYTE, at(r, k));
    return k % 8 < 4 ? both << 28 >> 28 : both >> 4;
  }

  /** The whole-numbered scale of a row's group. */
  int groupScale(int r, int group) {
    return image.get(ValueLayout.JAVA_BYTE, groupScaleAt(r / PANEL, group) + r % PANEL);
  }

  /** Where the weights of a group begin. */
  long offset(int panel, int group) {
    return ((long) panel * groups() + group) * GROUP_BYTES;
  }

  /** Where the sixteen scales of a group begin. */
  long groupScaleAt(int panel, int group) {
    return scalesAt + ((long) panel * groups() + group) * PANEL;
  }

  /** Groups of columns. */
  int groups() {
    return (columns + GROUP - 1) / GROUP;
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
    return image.byteSize();
  }

  @Override
  public void read(int row, float[] out) {
    for (int k = 0; k < columns; k++) {
      out[k] = weight(row, k) * (groupScale(row, k / GROUP) * scales[row]);
    }
  }

  @Override
  public MemorySegment image() {
    return image;
  }
}
