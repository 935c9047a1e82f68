package dev.skein.kernels;

/** Gives the rows of a matrix, one at a time, to whoever packs them. Called from any thread. */
@FunctionalInterface
public interface RowSource {
  /** Writes the elements of a row to the beginning of {@code out}. */
  void read(int row, float[] out);
}
