package dev.skein.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A matrix of floats. Bytes: {@code float[panel][column][16]}, so that a vector holds the same
 * column of neighbouring rows and every row is summed in the order of its columns.
 */
public final class FloatMatrix implements Matrix {
  private final int rows;
  private final int columns;
  private final MemorySegment data;

  private FloatMatrix(int rows, int columns, MemorySegment data) {
    this.rows = rows;
    this.columns = columns;
    this.data = data;
  }

  /** Packs the rows of {@code source} into memory of {@code arena}. */
  public static FloatMatrix pack(
      Arena arena, int rows, int columns, RowSource source, WorkerPool workers) {
    MemorySegment data = arena.allocate(imageBytes(rows, columns), 64);
    FloatMatrix matrix = new FloatMatrix(rows, columns, data);
    workers.run(source, matrix::packPart);
    return matrix;
  }

  /**
   * The matrix of an image, which stays where it is.
   *
   * @throws IllegalArgumentException if the image has another size
   */
  public static FloatMatrix of(int rows, int columns, MemorySegment image) {
    Matrix.requireSize(image, imageBytes(rows, columns));
    return new FloatMatrix(rows, columns, image);
  }

  /** Bytes of an image. */
  public static long imageBytes(int rows, int columns) {
    return (rows + PANEL - 1L) / PANEL * columns * PANEL * 4L;
  }

  private void packPart(RowSource source, int part, int parts) {
    float[] row = new float[columns];
    for (int p = firstPanel(part, parts); p < firstPanel(part + 1, parts); p++) {
      for (int r = p * PANEL; r < Math.min(rows, (p + 1) * PANEL); r++) {
        source.read(r, row);
        long offset = offset(p) + (r % PANEL) * 4L;
        for (int k = 0; k < columns; k++, offset += PANEL * 4L) {
          data.set(ValueLayout.JAVA_FLOAT, offset, row[k]);
        }
      }
    }
  }

  /** Where a panel begins. */
  long offset(int panel) {
    return (long) panel * columns * PANEL * 4;
  }

  MemorySegment data() {
    return data;
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
    return data.byteSize();
  }

  @Override
  public void read(int row, float[] out) {
    long at = offset(row / PANEL) + row % PANEL * 4L;
    for (int k = 0; k < columns; k++, at += PANEL * 4L) {
      out[k] = data.get(ValueLayout.JAVA_FLOAT, at);
    }
  }

  @Override
  public MemorySegment image() {
    return data;
  }
}
