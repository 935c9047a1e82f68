package dev.skein.model.file.ggml;

import dev.skein.model.file.FileContents;
import dev.skein.model.file.Mapping;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Printable;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads the {@code .bin} of rwkv.cpp, all numbers 32-bit little-endian: magic, version (100 or
 * 101), vocabulary, width, layers, element type of the matrices; then until the end of the file one
 * tensor after the other: number of dimensions (1 to 3), length of the name, element type, the
 * dimensions (fastest first), the name, the elements.
 */
public final class RwkvCppReader {
  private static final int HEADER_BYTES = 24;
  private static final int DIMENSIONS_MAX = 3;
  private static final int TENSORS_MAX = 1 << 16;

  private final Mapping file;
  private final TensorTable tensors;

  private RwkvCppReader(Mapping file) {
    this.file = file;
    this.tensors = new TensorTable(file);
  }

  /**
   * Reads a file that begins with the magic number. Its metadata are {@code version}, {@code
   * n_vocab}, {@code n_embed}, {@code n_layer} and {@code data_type}.
   */
  public static FileContents read(Mapping file) throws ModelFormatException {
    return new RwkvCppReader(file).contents();
  }

  private FileContents contents() throws ModelFormatException {
    int version = file.i32(4);
    if (version != 100 && version != 101) {
      throw ModelFormatException.of(
          file.path(),
          "a .bin of rwkv.cpp of the unknown version " + Integer.toUnsignedString(version),
          "convert the original .pth with a current rwkv.cpp");
    }
    Encoding type = encoding(file.i32(20), "it");
    if (type.packed() && version == 100) {
      throw ModelFormatException.of(
          file.path(),
          "it is quantised in the layout of version 100, which rwkv.cpp itself gave up",
          "quantise the original again with a current rwkv.cpp");
    }
    SequencedMap<String, String> metadata = new LinkedHashMap<>();
    metadata.put("version", String.valueOf(version));
    metadata.put("n_vocab", String.valueOf(file.i32(8)));
    metadata.put("n_embed", String.valueOf(file.i32(12)));
    metadata.put("n_layer", String.valueOf(file.i32(16)));
    metadata.put("data_type", type.title());
    long at = HEADER_BYTES;
    for (int count = 0; at < file.size(); count++) {
      if (count == TENSORS_MAX) {
        throw bad("it holds more tensors than any model");
      }
      at = readTensor(at);
    }
    return tensors.contents(metadata, List.of());
  }

  private long readTensor(long at) throws ModelFormatException {
    int rank = file.i32(at);
    int nameLength = file.i32(at + 4);
    if (rank < 1 || rank > DIMENSIONS_MAX || !TensorTable.plausibleName(nameLength)) {
      throw bad(
          "at byte %d a tensor claims %d dimensions and a name of %d bytes"
              .formatted(at, rank, nameLength));
    }
    long[] dimensions = new long[rank];
    for (int d = 0; d < rank; d++) {
      dimensions[d] = file.i32(at + 12 + 4L * d);
    }
    long nameAt = at + 12 + 4L * rank;
    String name = new String(file.bytes(nameAt, nameLength), StandardCharsets.UTF_8);
    Encoding encoding = encoding(file.i32(at + 8), "tensor '" + Printable.of(name) + "'");
    long from = nameAt + nameLength;
    long bytes = tensors.bytes(name, encoding, dimensions);
    tensors.add(name, encoding, dimensions, from, bytes);
    return from + bytes;
  }

  private Encoding encoding(int type, String whose) throws ModelFormatException {
    Encoding known = known(type);
    if (known != null) {
      return known;
    }
    if (type >= 4 && type <= 6) {
      throw ModelFormatException.of(
          file.path(),
          whose + " has the element type " + type + ", which rwkv.cpp removed in 2023",
          "quantise the original again with a current rwkv.cpp");
    }
    throw bad(whose + " has the unknown element type " + type);
  }

  private static @Nullable Encoding known(int type) {
    return switch (type) {
      case 0 -> Encoding.F32;
      case 1 -> Encoding.F16;
      case 2 -> Encoding.Q4_0;
      case 3 -> Encoding.Q4_1;
      case 7 -> Encoding.Q5_0;
      case 8 -> Encoding.Q5_1;
      case 9 -> Encoding.Q8_0;
      default -> null;
    };
  }

  private ModelFormatException bad(String fault) {
    return ModelFormatException.damaged(file.path(), fault);
  }
}
