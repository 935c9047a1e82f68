package dev.skein.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Rows of floats off the heap, where every backend can reach them: activations, results, and
 * weights that are vectors. The memory begins at a multiple of 64 bytes, and so does every row: a
 * row's columns are filled up to a multiple of sixteen. What stands in the filling is nobody's
 * business: it may be overwritten, and no result depends on it.
 *
 * <p>Rows belong to the arena they were allocated from. Different rows, and different columns of
 * one row, may be written by different threads.
 */
public final class Rows {
  private static final int FILL = 16;

  private final MemorySegment data;
  private final int count;
  private final int columns;
  private final int stride;

  /** Rows of zeros in memory of {@code arena}; there may be none, or none with columns. */
  public Rows(Arena arena, int count, int columns) {
    this.count = count;
    this.columns = columns;
    this.stride = (columns + FILL - 1) / FILL * FILL;
    this.data = arena.allocate(Math.max(4L * FILL, 4L * count * stride), 64);
  }

  /** Rows of these vectors, all of one length, in memory of {@code arena}. */
  public static Rows of(Arena arena, float[]... vectors) {
    Rows rows = new Rows(arena, vectors.length, vectors[0].length);
    for (int row = 0; row < vectors.length; row++) {
      rows.write(row, vectors[row]);
    }
    return rows;
  }

  /** Number of rows. */
  public int count() {
    return count;
  }

  /** Floats of a row. */
  public int columns() {
    return columns;
  }

  /** Floats from the beginning of a row to that of the next one. */
  public int stride() {
    return stride;
  }

  /** All rows one after another. */
  public MemorySegment data() {
    return data;
  }

  /** Where a row begins in {@link #data}, in bytes. */
  public long at(int row) {
    return 4L * stride * row;
  }

  /** Where an element stands in {@link #data}, in bytes. */
  public long at(int row, int column) {
    return 4L * (stride * (long) row + column);
  }

  /** The address of an element, for functions in C. */
  long address(int row, int column) {
    return data.address() + at(row, column);
  }

  /** An element. */
  public float get(int row, int column) {
    return data.get(ValueLayout.JAVA_FLOAT, at(row, column));
  }

  /** Changes an element. */
  public void set(int row, int column, float value) {
    data.set(ValueLayout.JAVA_FLOAT, at(row, column), value);
  }

  /** The columns of a row as a piece of memory of their own. */
  public MemorySegment row(int row) {
    return data.asSlice(at(row), 4L * columns);
  }

  /** Takes a row from the first elements of {@code values}. */
  public void write(int row, float[] values) {
    MemorySegment.copy(values, 0, data, ValueLayout.JAVA_FLOAT, at(row), columns);
  }

  /** Gives a row in a fresh array. */
  public float[] toArray(int row) {
    return row(row).toArray(ValueLayout.JAVA_FLOAT);
  }
}
