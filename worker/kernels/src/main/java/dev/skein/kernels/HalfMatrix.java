package dev.skein.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A matrix of floats of two bytes, which are widened, without loss, when they are multiplied: the
 * product has the bits of a {@link FloatMatrix} of the same values. Bytes: {@code
 * short[panel][column][16]}.
 */
public final class HalfMatrix implements Matrix {

  /** What the two bytes are. */
  public enum Type {
    /** The upper half of a float. */
    BF16,
    /** IEEE 754 binary16. */
    FP16
  }

  private final Type type;
  private final int rows;
  private final int columns;
  private final MemorySegment data;

  private HalfMatrix(Type type, int rows, int columns, MemorySegment data) {
    this.type = type;
    this.rows = rows;
    this.columns = columns;
    this.data = data;
  }

  /**
   * Rounds the rows of {@code source} to the nearest values of the type (ties to even) and packs
   * them into memory of {@code arena}.
   *
   * @throws IllegalArgumentException if a weight is NaN, infinite, or too large for the type
   */
  public static HalfMatrix pack(
      Type type, Arena arena, int rows, int columns, RowSource source, WorkerPool workers) {
    MemorySegment data = arena.allocate(imageBytes(rows, columns), 64);
    HalfMatrix matrix = new HalfMatrix(type, rows, columns, data);
    workers.run(source, matrix::packPart);
    return matrix;
  }

  /**
   * The matrix of an image, which stays where it is.
   *
   * @throws IllegalArgumentException if the image has another size
   */
  public static HalfMatrix of(Type type, int rows, int columns, MemorySegment image) {
    Matrix.requireSize(image, imageBytes(rows, columns));
    return new HalfMatrix(type, rows, columns, image);
  }

  /** Bytes of an image. */
  public static long imageBytes(int rows, int columns) {
    return (rows + PANEL - 1L) / PANEL * columns * PANEL * 2L;
  }

  private void packPart(RowSource source, int part, int parts) {
    float[] row = new float[columns];
    for (int p = firstPanel(part, parts); p < firstPanel(part + 1, parts); p++) {
      for (int r = p * PANEL; r < Math.min(rows, (p + 1) * PANEL); r++) {
        source.read(r, row);
        long offset = offset(p) + (r % PANEL) * 2L;
        for (int k = 0; k < columns; k++, offset += PANEL * 2L) {
          short half = narrow(row[k]);
          if (!(Math.abs(widen(half)) <= Float.MAX_VALUE)) {
            throw new IllegalArgumentException(
                "row " + r + " holds " + row[k] + ", which is no finite number of this type");
          }
          data.set(ValueLayout.JAVA_SHORT, offset, half);
        }
      }
    }
  }

  private short narrow(float value) {
    if (type == Type.FP16) {
      return Float.floatToFloat16(value);
    }
    int bits = Float.floatToRawIntBits(value);
    boolean finite = Math.abs(value) <= Float.MAX_VALUE;
    return (short) ((finite ? bits + 0x7fff + (bits >>> 16 & 1) : bits) >>> 16);
  }

  /** The value of two bytes. */
  float widen(short half) {
    return type == Type.FP16 ? Float.float16ToFloat(half) : Float.intBitsToFloat(half << 16);
  }

  /** What the two bytes are. */
  public Type type() {
    return type;
  }

  /** Where a panel begins. */
  long offset(int panel) {
    return (long) panel * columns * PANEL * 2;
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
    long at = offset(row / PANEL) + row % PANEL * 2L;
    for (int k = 0; k < columns; k++, at += PANEL * 2L) {
      out[k] = widen(data.get(ValueLayout.JAVA_SHORT, at));
    }
  }

  @Override
  public MemorySegment image() {
    return data;
  }
}
