package dev.skein.kernels;

import java.lang.foreign.MemorySegment;

/**
 * A packed matrix in off-heap memory that belongs to the arena it was packed into: {@code rows}
 * outputs of {@code columns} inputs each, cut into panels of sixteen rows (the last one is filled
 * up with zeros). One layout a class.
 *
 * <p>All that a matrix is stands in its {@link #image}, so that a file may hold the image and a
 * mapping of the file be the matrix ({@code of} of each class).
 */
public sealed interface Matrix permits FloatMatrix, HalfMatrix, Int8Matrix, Int4Matrix {
  /** Rows of a panel. */
  int PANEL = 16;

  /** Outputs. */
  int rows();

  /** Inputs. */
  int columns();

  /** Bytes that one product reads. */
  long bytes();

  /** Writes the weights of a row, as they are held, to the beginning of {@code out}. */
  void read(int row, float[] out);

  /** The bytes of the whole matrix, as its class describes them, little-endian. */
  MemorySegment image();

  /** Number of panels. */
  default int panels() {
    return (rows() + PANEL - 1) / PANEL;
  }

  /** The first panel of a part of the work. */
  default int firstPanel(int part, int parts) {
    return (int) ((long) panels() * part / parts);
  }

  /** Checks that an image has the size that it must have. */
  static void requireSize(MemorySegment image, long size) {
    if (image.byteSize() != size) {
      throw new IllegalArgumentException(
          "an image of " + image.byteSize() + " bytes, where " + size + " are needed");
    }
  }
}
