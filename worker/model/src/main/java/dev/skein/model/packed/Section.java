package dev.skein.model.packed;

import dev.skein.model.Quantization;
import dev.skein.model.file.DataType;
import dev.skein.model.file.Tensor;
import dev.skein.model.file.ggml.Encoding;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A run of bytes of a {@code .skein} file.
 *
 * @param name of the tensor, or of what else it is
 * @param kind what the bytes are
 * @param shape of the tensor, outermost dimension first; empty for what is no tensor
 * @param offset of the first byte in the file
 * @param length in bytes, without what fills it up to the next section
 * @param crc32c of the bytes up to the next section
 */
record Section(String name, Kind kind, List<Long> shape, long offset, long length, int crc32c) {

  /** What the bytes of a section are. */
  sealed interface Kind {
    /** The name in the header. */
    String title();
  }

  /** A tensor as it was published. */
  sealed interface Published extends Kind {
    /** The bytes of so many elements. */
    long bytes(long elements);

    /** The tensor whose bytes these are. */
    Tensor tensor(String name, long[] shape, MemorySegment data);
  }

  /** A tensor in row-major order. */
  record Raw(DataType type) implements Published {
    @Override
    public String title() {
      return "raw-" + type.name().toLowerCase(java.util.Locale.ROOT);
    }

    @Override
    public long bytes(long elements) {
      return Math.multiplyExact(elements, type.bytes());
    }

    @Override
    public Tensor tensor(String name, long[] shape, MemorySegment data) {
      return Tensor.of(name, type, shape, data);
    }
  }

  /** A tensor in the blocks of a quantised GGUF or rwkv.cpp file, in row-major order. */
  record Blocks(Encoding encoding) implements Published {
    @Override
    public String title() {
      return "raw-" + encoding.title();
    }

    /**
     * @throws ArithmeticException if they do not fill whole blocks
     */
    @Override
    public long bytes(long elements) {
      if (elements % encoding.blockValues() != 0) {
        throw new ArithmeticException(elements + " elements are no whole blocks");
      }
      return Math.multiplyExact(elements / encoding.blockValues(), encoding.blockBytes());
    }

    @Override
    public Tensor tensor(String name, long[] shape, MemorySegment data) {
      return encoding.tensor(name, shape, data);
    }
  }

  /** A matrix as the kernels hold it: its image. */
  record Packed(Quantization quantization) implements Kind {
    @Override
    public String title() {
      return quantization.title();
    }
  }

  /** A small matrix as the kernels hold it, made from a tensor that is there too. */
  record Factor(FactorForm form) implements Kind {
    @Override
    public String title() {
      return form.title();
    }
  }

  /** No tensor: a tokenizer. */
  enum Blob implements Kind {
    /** World vocabulary, see {@link VocabularyTable}. */
    VOCABULARY("vocabulary"),
    /** The text of a tokenizer.json. */
    TOKENIZER_JSON("tokenizer.json");

    private final String title;

    Blob(String title) {
      this.title = title;
    }

    @Override
    public String title() {
      return title;
    }
  }

  /** The kind of that name, or null. */
  static @Nullable Kind kind(String title) {
    for (Blob blob : Blob.values()) {
      if (blob.title().equals(title)) {
        return blob;
      }
    }
    for (FactorForm form : FactorForm.values()) {
      if (form.title().equals(title)) {
        return new Factor(form);
      }
    }
    for (DataType type : DataType.values()) {
      if (type.floating() && new Raw(type).title().equals(title)) {
        return new Raw(type);
      }
    }
    for (Encoding encoding : Encoding.values()) {
      if (encoding.packed() && new Blocks(encoding).title().equals(title)) {
        return new Blocks(encoding);
      }
    }
    for (Quantization q : Quantization.values()) {
      if (q.title().equals(title)) {
        return new Packed(q);
      }
    }
    return null;
  }

  /**
   * The bytes that the kind and the shape need; -1 if any number will do.
   *
   * @throws ArithmeticException if there is no such number
   */
  long expectedLength() {
    return switch (kind) {
      case Published tensor -> tensor.bytes(shape.stream().reduce(1L, Math::multiplyExact));
      case Packed packed ->
          MatrixForm.imageBytes(
              packed.quantization(), Math.toIntExact(shape.get(0)), Math.toIntExact(shape.get(1)));
      case Factor factor ->
          factor.form().imageBytes(Math.toIntExact(shape.get(0)), Math.toIntExact(shape.get(1)));
      case Blob blob -> -1;
    };
  }
}
