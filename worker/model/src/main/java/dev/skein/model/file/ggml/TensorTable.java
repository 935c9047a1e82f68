package dev.skein.model.file.ggml;

import dev.skein.model.file.FileContents;
import dev.skein.model.file.Mapping;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Printable;
import dev.skein.model.file.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.SortedSet;
import java.util.TreeSet;

/** Collects the tensors of a file of the ggml family; every name, dimension and size is checked. */
final class TensorTable {
  private static final int NAME_MAX = 256;

  private final Mapping file;
  private final SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
  private final SortedSet<String> types = new TreeSet<>();

  TensorTable(Mapping file) {
    this.file = file;
  }

  /** Whether a name may be that long. */
  static boolean plausibleName(long bytes) {
    return bytes >= 1 && bytes <= NAME_MAX;
  }

  /**
   * The bytes that a tensor fills.
   *
   * @param dimensions as in the file: the fastest first
   * @throws ModelFormatException if a dimension is not positive, a row is no whole number of
   *     blocks, or no file holds so many
   */
  long bytes(String name, Encoding encoding, long... dimensions) throws ModelFormatException {
    for (long dimension : dimensions) {
      if (dimension < 1) {
        throw bad(name, "has the dimension " + dimension);
      }
    }
    if (dimensions.length > 0 && dimensions[0] % encoding.blockValues() != 0) {
      throw bad(
          name,
          "has rows of %d elements, which are no whole blocks of %s"
              .formatted(dimensions[0], encoding.title()));
    }
    try {
      long elements = Tensor.count(dimensions);
      return Math.multiplyExact(elements / encoding.blockValues(), encoding.blockBytes());
    } catch (ArithmeticException e) {
      throw bad(name, "has a shape too large for any file");
    }
  }

  /**
   * Adds the tensor whose first byte is at {@code from}; {@code bytes} are those of {@link #bytes}.
   */
  void add(String name, Encoding encoding, long[] dimensions, long from, long bytes)
      throws ModelFormatException {
    if (from < 0 || from > file.size() - bytes) {
      throw bad(name, "reaches beyond the end of the file");
    }
    Tensor tensor = encoding.tensor(name, reversed(dimensions), file.slice(from, bytes));
    if (tensors.put(name, tensor) != null) {
      throw bad(name, "is there twice");
    }
    types.add(encoding.title());
  }

  FileContents contents(SequencedMap<String, String> metadata, List<byte[]> vocabulary) {
    return new FileContents(tensors, metadata, types, vocabulary);
  }

  ModelFormatException bad(String tensor, String fault) {
    return ModelFormatException.damaged(
        file.path(), "tensor '" + Printable.of(tensor) + "' " + fault);
  }

  private static long[] reversed(long[] dimensions) {
    long[] shape = new long[dimensions.length];
    Arrays.setAll(shape, i -> dimensions[dimensions.length - 1 - i]);
    return shape;
  }
}
