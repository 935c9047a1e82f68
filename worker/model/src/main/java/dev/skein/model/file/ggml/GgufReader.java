package dev.skein.model.file.ggml;

import dev.skein.model.file.FileContents;
import dev.skein.model.file.Mapping;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Printable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads GGUF, versions 2 and 3, little-endian: magic, version, number of tensors, number of
 * metadata entries; the metadata ({@link GgufMetadata}); for each tensor its name, number of
 * dimensions (1 to 4), dimensions (fastest first), element type and offset; then, from the next
 * multiple of {@code general.alignment} on, the data, to which the offsets count.
 */
public final class GgufReader {
  private static final int HEADER_BYTES = 24;
  private static final int TENSORS_MAX = 1 << 16;
  private static final int DIMENSIONS_MAX = 4;
  private static final long ALIGNMENT = 32;
  private static final long ALIGNMENT_MAX = 1 << 16;

  private final Mapping file;
  private final TensorTable tensors;

  private GgufReader(Mapping file) {
    this.file = file;
    this.tensors = new TensorTable(file);
  }

  /** Reads a file that begins with the magic number. */
  public static FileContents read(Mapping file) throws ModelFormatException {
    return new GgufReader(file).contents();
  }

  private record Entry(String name, Encoding encoding, long[] dimensions, long offset, long bytes) {
    long end() {
      return offset + bytes;
    }
  }

  private FileContents contents() throws ModelFormatException {
    requireVersion(file.i32(4));
    long count = file.i64(8);
    if (count < 0 || count > TENSORS_MAX) {
      throw bad("it claims " + Long.toUnsignedString(count) + " tensors");
    }
    GgufMetadata metadata = GgufMetadata.read(file, HEADER_BYTES, file.i64(16));
    GgufCursor cursor = new GgufCursor(file, metadata.end());
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      entries.add(entry(cursor));
    }
    long alignment = alignment(metadata);
    long data = Math.ceilDiv(cursor.position(), alignment) * alignment;
    requireApart(entries, alignment);
    for (Entry entry : entries) {
      tensors.add(entry.name, entry.encoding, entry.dimensions, data + entry.offset, entry.bytes);
    }
    return tensors.contents(metadata.values(), metadata.vocabulary());
  }

  private void requireVersion(int version) throws ModelFormatException {
    if (version == 2 || version == 3) {
      return;
    }
    if (Integer.reverseBytes(version) == 2 || Integer.reverseBytes(version) == 3) {
      throw ModelFormatException.of(
          file.path(), "a big-endian GGUF file", "take the usual little-endian one");
    }
    throw ModelFormatException.of(
        file.path(),
        "a GGUF file of version " + Integer.toUnsignedString(version) + ", not 2 or 3",
        "convert the original again with a current llama.cpp");
  }

  private long alignment(GgufMetadata metadata) throws ModelFormatException {
    long alignment = metadata.whole("general.alignment", ALIGNMENT);
    if (alignment < 8 || alignment > ALIGNMENT_MAX || Long.bitCount(alignment) != 1) {
      throw bad("general.alignment is " + alignment + ", no power of two from 8 on");
    }
    return alignment;
  }

  private Entry entry(GgufCursor cursor) throws ModelFormatException {
    String name = cursor.text();
    if (!TensorTable.plausibleName(name.length())) {
      throw bad("a tensor's name has " + name.length() + " characters");
    }
    long rank = cursor.u32();
    if (rank < 1 || rank > DIMENSIONS_MAX) {
      throw tensors.bad(name, "has " + rank + " dimensions");
    }
    long[] dimensions = new long[(int) rank];
    for (int d = 0; d < rank; d++) {
      dimensions[d] = cursor.i64();
    }
    Encoding encoding = encoding(name, cursor.u32());
    long bytes = tensors.bytes(name, encoding, dimensions);
    long offset = cursor.i64();
    if (offset < 0 || offset > file.size() - bytes) {
      throw tensors.bad(name, "reaches beyond the end of the file");
    }
    return new Entry(name, encoding, dimensions, offset, bytes);
  }

  /** Tensors stand at aligned places and do not overlap. */
  private void requireApart(List<Entry> entries, long alignment) throws ModelFormatException {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(Comparator.comparingLong(Entry::offset));
    long free = 0;
    for (Entry entry : sorted) {
      if (entry.offset % alignment != 0) {
        throw tensors.bad(
            entry.name, "begins at " + entry.offset + ", no multiple of " + alignment);
      }
      if (entry.offset < free) {
        throw tensors.bad(entry.name, "overlaps another tensor");
      }
      free = entry.end();
    }
  }

  private Encoding encoding(String name, long type) throws ModelFormatException {
    Encoding known = known(type);
    if (known != null) {
      return known;
    }
    String title = unsupported(type);
    if (title != null) {
      throw ModelFormatException.of(
          file.path(),
          "tensor '%s' has the element type %s, which is not supported"
              .formatted(Printable.of(name), title),
          "take a file in Q8_0, Q6_K, Q5_K, Q4_K, Q5_0, Q5_1, Q4_0, Q4_1, F16, BF16 or F32");
    }
    throw tensors.bad(name, "has the unknown element type " + type);
  }

  private static @Nullable Encoding known(long type) {
    return switch ((int) type) {
      case 0 -> Encoding.F32;
      case 1 -> Encoding.F16;
      case 2 -> Encoding.Q4_0;
      case 3 -> Encoding.Q4_1;
      case 6 -> Encoding.Q5_0;
      case 7 -> Encoding.Q5_1;
      case 8 -> Encoding.Q8_0;
      case 12 -> Encoding.Q4_K;
      case 13 -> Encoding.Q5_K;
      case 14 -> Encoding.Q6_K;
      case 30 -> Encoding.BF16;
      default -> null;
    };
  }

  /** The names of ggml's other element types. */
  private static @Nullable String unsupported(long type) {
    return switch ((int) type) {
      case 4 -> "Q4_2 (removed from ggml in 2023)";
      case 5 -> "Q4_3 (removed from ggml in 2023)";
      case 9 -> "Q8_1";
      case 10 -> "Q2_K";
      case 11 -> "Q3_K";
      case 15 -> "Q8_K";
      case 16 -> "IQ2_XXS";
      case 17 -> "IQ2_XS";
      case 18 -> "IQ3_XXS";
      case 19 -> "IQ1_S";
      case 20 -> "IQ4_NL";
      case 21 -> "IQ3_S";
      case 22 -> "IQ2_S";
      case 23 -> "IQ4_XS";
      case 24, 25, 26, 27 -> "integer";
      case 28 -> "F64";
      case 29 -> "IQ1_M";
      case 31, 32, 33, 36, 37, 38 -> "repacked Q4_0 or IQ4_NL (removed from ggml in 2024)";
      case 34 -> "TQ1_0";
      case 35 -> "TQ2_0";
      case 39 -> "MXFP4";
      default -> null;
    };
  }

  private ModelFormatException bad(String fault) {
    return ModelFormatException.damaged(file.path(), fault);
  }
}
