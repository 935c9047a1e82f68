package dev.skein.kernels;

/**
 * A packed matrix in off-heap memory that belongs to the arena it was packed into: {@code rows}
 * outputs of {@code columns} inputs each, cut into panels of sixteen rows (the last one is filled
 * up with zeros). One layout a class.
 */
public sealed interface Matrix permits FloatMatrix, Int8Matrix {
  /** Rows of a panel. */
  int PANEL = 16;

  /** Outputs. */
  int rows();

  /** Inputs. */
  int columns();

  /** Bytes that one product reads. */
  long bytes();

  /** Number of panels. */
  default int panels() {
    return (rows() + PANEL - 1) / PANEL;
  }

  /** The first panel of a thread's share. */
  default int firstPanel(int part, int parts) {
    return (int) ((long) panels() * part / parts);
  }
}
