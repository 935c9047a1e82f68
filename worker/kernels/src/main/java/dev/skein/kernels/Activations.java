package dev.skein.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Rows of activations, the right side of products: plain floats, and beside them, where products
 * with an {@link Int8Matrix} or {@link Int4Matrix} are wanted, their quantised form: {@code a =
 * max|x|} of the row, {@code r = 32767 / a}, scale {@code a / 32767} (both 0 if {@code a < 1e-30}),
 * {@code q = rint(x r)}, kept as {@code q = 256 hi + lo} with {@code -128 <= hi <= 127} and {@code
 * 0 <= lo <= 255}.
 */
public final class Activations {
  /** Rows that are quantised together, beginning at a multiple of this number. */
  public static final int BLOCK = 8;

  /** Columns are filled up with zeros to a multiple of this. */
  static final int WINDOW = 32;

  /** Separates the two rows of a pair. */
  static final double PAIR = 1L << 27;

  private static final int TILE_ROWS = 16;
  private static final int TILE_COLUMNS = 64;
  private static final int TILE = TILE_ROWS * TILE_COLUMNS;

  private final Rows rows;
  private final @Nullable Quantized quantized;
  private @Nullable Floats floats;

  /**
   * The quantised form of scalar and native backends: planes of bytes, of which a block of 16 rows
   * and 64 columns is a tile of matrix instructions.
   *
   * @param planes {@code byte[ceil(rows / 16)][blocks][hi, lo][16][64]}, filled up with zeros
   * @param scales {@code float[rows]}
   * @param biases of the native backend: {@code int[rows][2 * blocks]}, see {@code skein.h}
   * @param blocks of 64 columns
   */
  record Quantized(MemorySegment planes, MemorySegment scales, MemorySegment biases, int blocks) {

    private long at(int row, int column) {
      long block = (long) (row / TILE_ROWS) * blocks + column / TILE_COLUMNS;
      return block * 2 * TILE + row % TILE_ROWS * (long) TILE_COLUMNS + column % TILE_COLUMNS;
    }

    int hi(int row, int column) {
      return planes.get(ValueLayout.JAVA_BYTE, at(row, column));
    }

    int lo(int row, int column) {
      return planes.get(ValueLayout.JAVA_BYTE, at(row, column) + TILE) & 255;
    }

    void set(int row, int column, int q) {
      planes.set(ValueLayout.JAVA_BYTE, at(row, column), (byte) (q >> 8));
      planes.set(ValueLayout.JAVA_BYTE, at(row, column) + TILE, (byte) q);
    }

    float scale(int row) {
      return scales.getAtIndex(ValueLayout.JAVA_FLOAT, row);
    }

    void scale(int row, float value) {
      scales.setAtIndex(ValueLayout.JAVA_FLOAT, row, value);
    }
  }

  /**
   * The quantised form of the Vector API backend, which computes with floats, filled up with zeros
   * to whole windows of columns.
   *
   * @param hi upper halves of the rows
   * @param lo lower halves of the rows
   * @param whole {@code 256 hi + lo}
   * @param blocks for eight neighbouring rows {@code [column][4]}: {@code q * 2^27 + q'} of each
   *     pair of neighbours
   * @param scales of the rows
   */
  @SuppressWarnings("ArrayRecordComponent") // a holder, never compared
  record Floats(float[][] hi, float[][] lo, float[][] whole, double[][] blocks, float[] scales) {}

  /**
   * Room for rows, their floats in memory of {@code arena}.
   *
   * @param quantized whether to have room for the quantised form
   */
  public Activations(Arena arena, int rows, int columns, boolean quantized) {
    this.rows = new Rows(arena, rows, columns);
    this.quantized = quantized ? room(arena, rows, columns) : null;
  }

  private static Quantized room(Arena arena, int rows, int columns) {
    int blocks = (columns + TILE_COLUMNS - 1) / TILE_COLUMNS;
    long tiles = 2L * blocks * ((rows + TILE_ROWS - 1) / TILE_ROWS);
    return new Quantized(
        arena.allocate(Math.max(1, tiles) * TILE, 64),
        arena.allocate(Math.max(1, rows) * 4L, 64),
        arena.allocate(Math.max(1, rows) * 8L * Math.max(1, blocks), 64),
        blocks);
  }

  /** The floats, to be written. */
  public Rows rows() {
    return rows;
  }

  Quantized quantized() {
    if (quantized == null) {
      throw new IllegalStateException("these activations have no quantised form");
    }
    return quantized;
  }

  /** Room that the Vector API backend asks for with its first step, and then always has. */
  synchronized Floats floats() {
    quantized();
    if (floats == null) {
      int filled = (rows.columns() + WINDOW - 1) / WINDOW * WINDOW;
      int count = rows.count();
      floats =
          new Floats(
              new float[count][filled],
              new float[count][filled],
              new float[count][filled],
              new double[(count + BLOCK - 1) / BLOCK][BLOCK / 2 * filled],
              new float[count]);
    }
    return floats;
  }
}
