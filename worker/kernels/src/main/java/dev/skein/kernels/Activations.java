package dev.skein.kernels;

import java.lang.foreign.Arena;
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

  private final Rows rows;
  private final @Nullable Quantized quantized;

  /**
   * The quantised form, filled up with zeros to whole windows of columns.
   *
   * @param hi upper halves of the rows
   * @param lo lower halves of the rows
   * @param whole {@code 256 hi + lo}
   * @param blocks for eight neighbouring rows {@code [column][4]}: {@code q * 2^27 + q'} of each
   *     pair of neighbours
   * @param scales of the rows
   */
  @SuppressWarnings("ArrayRecordComponent") // a holder, never compared
  record Quantized(
      float[][] hi, float[][] lo, float[][] whole, double[][] blocks, float[] scales) {}

  /**
   * Room for rows, their floats in memory of {@code arena}.
   *
   * @param quantized whether to have room for the quantised form
   */
  public Activations(Arena arena, int rows, int columns, boolean quantized) {
    this.rows = new Rows(arena, rows, columns);
    int filled = (columns + WINDOW - 1) / WINDOW * WINDOW;
    this.quantized =
        quantized
            ? new Quantized(
                new float[rows][filled],
                new float[rows][filled],
                new float[rows][filled],
                new double[(rows + BLOCK - 1) / BLOCK][BLOCK / 2 * filled],
                new float[rows])
            : null;
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
}
