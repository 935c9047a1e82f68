package dev.skein.model.dialect;

import dev.skein.model.file.Tensor;
import java.util.Arrays;

/** The transforms that the dialects are made of. */
final class Transforms {
  private Transforms() {}

  /** [a, b] → [b, a]. */
  static Transform transposed() {
    return (tensor, layer) -> {
      requireRank(tensor, 2);
      return tensor.permuted(1, 0);
    };
  }

  /** [n, a, b] → [n, b, a]. */
  static Transform innerTransposed() {
    return (tensor, layer) -> {
      requireRank(tensor, 3);
      return tensor.permuted(0, 2, 1);
    };
  }

  /** Part {@code index} of the outermost dimension, which must have {@code parts}. */
  static Transform part(int index, int parts) {
    return (tensor, layer) -> {
      require(tensor.rank() >= 1 && tensor.dim(0) == parts, "should have " + parts + " parts");
      return tensor.part(index);
    };
  }

  /** Any shape → [1, 1, C], as BlinkDL keeps most vectors. */
  static Transform row() {
    return (tensor, layer) -> tensor.reshaped(1, 1, tensor.elements());
  }

  /** [C] → [C / size, size]. */
  static Transform rowsOf(int size) {
    return (tensor, layer) -> {
      require(
          size > 0 && tensor.elements() % size == 0,
          "should have a multiple of " + size + " elements");
      return tensor.reshaped(tensor.elements() / size, size);
    };
  }

  /** [a, …, 1, 1] → [a, …]: drops trailing dimensions of one, but never the first dimension. */
  static Transform trimmed() {
    return (tensor, layer) -> {
      int rank = tensor.rank();
      while (rank > 1 && tensor.dim(rank - 1) == 1) {
        rank--;
      }
      return tensor.reshaped(Arrays.copyOf(tensor.shape(), rank));
    };
  }

  /** Another value for each element. */
  static Transform each(FloatFunction function) {
    return (tensor, layer) ->
        Tensor.computed(
            tensor.name(),
            tensor.shape(),
            (first, out, at, count) -> {
              tensor.read(first, out, at, count);
              for (int i = at; i < at + count; i++) {
                out[i] = function.of(out[i]);
              }
            });
  }

  /** Multiplies by {@code 2^(layer div every)}; with {@code every} 0 nothing is scaled. */
  static Transform scaledUp(int every) {
    return (tensor, layer) -> {
      int exponent = every == 0 ? 0 : layer / every;
      return exponent == 0 ? tensor : each(value -> Math.scalb(value, exponent)).of(tensor, layer);
    };
  }

  /** A value for a value. */
  @FunctionalInterface
  interface FloatFunction {
    float of(float value);
  }

  private static void requireRank(Tensor tensor, int rank) {
    require(tensor.rank() == rank, "should have " + rank + " dimensions");
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
