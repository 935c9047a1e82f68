package dev.skein.model.packed;

import dev.skein.kernels.Matrix;
import dev.skein.model.Quantization;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.lang.foreign.Arena;

/**
 * A model file that has a say in how its large tensors come into memory: because they are packed in
 * it, or because somebody listens.
 */
public interface MatrixSource extends ModelFile {

  /**
   * The matrix of a tensor [out, in].
   *
   * @param arena owns the memory that the matrix stands in
   * @throws ModelFormatException if it cannot be had in that quantisation
   */
  Matrix matrix(Tensor tensor, Quantization quantization, Arena arena) throws ModelFormatException;

  /**
   * A small matrix that keeps its precision in every quantisation, or one of several in a tensor.
   *
   * @param name of the tensor, with the number of the part
   * @param packing makes it from the tensor
   * @throws ModelFormatException if it is not what it should be
   */
  Matrix factor(String name, int rows, int columns, Arena arena, Packing packing)
      throws ModelFormatException;

  /** Makes a small matrix from its tensor. */
  @FunctionalInterface
  interface Packing {
    Matrix pack() throws ModelFormatException;
  }

  /** A tensor whose rows are read one by one while the model runs, in memory of {@code arena}. */
  Tensor table(Tensor tensor, Arena arena) throws ModelFormatException;
}
