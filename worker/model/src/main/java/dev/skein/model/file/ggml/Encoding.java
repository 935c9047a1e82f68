package dev.skein.model.file.ggml;

import dev.skein.model.file.DataType;
import dev.skein.model.file.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How the elements of a row are stored: plainly, or in blocks of a fixed number of values packed
 * into a fixed number of bytes.
 */
public enum Encoding implements Tensor.Packing {
  F32(DataType.F32),
  F16(DataType.F16),
  BF16(DataType.BF16),
  Q4_0(32, 18, Blocks::q40),
  Q4_1(32, 20, Blocks::q41),
  Q5_0(32, 22, Blocks::q50),
  Q5_1(32, 24, Blocks::q51),
  Q8_0(32, 34, Blocks::q80),
  Q4_K(256, 144, Blocks::q4k),
  Q5_K(256, 176, Blocks::q5k),
  Q6_K(256, 210, Blocks::q6k);

  private final int blockValues;
  private final int blockBytes;
  private final @Nullable DataType plain;

  @SuppressWarnings("ImmutableEnumChecker") // functions without state
  private final @Nullable Unpacking unpacking;

  Encoding(DataType plain) {
    this.blockValues = 1;
    this.blockBytes = plain.bytes();
    this.plain = plain;
    this.unpacking = null;
  }

  Encoding(int blockValues, int blockBytes, Unpacking unpacking) {
    this.blockValues = blockValues;
    this.blockBytes = blockBytes;
    this.plain = null;
    this.unpacking = unpacking;
  }

  /** Unpacks the block that begins at {@code block} to {@code out[at…]}. */
  @FunctionalInterface
  interface Unpacking {
    void unpack(MemorySegment data, long block, float[] out, int at);
  }

  /** Values of a block. */
  public int blockValues() {
    return blockValues;
  }

  /** Bytes of a block. */
  public int blockBytes() {
    return blockBytes;
  }

  /** Whether it has blocks of several values. */
  public boolean packed() {
    return unpacking != null;
  }

  /** For people: "q4_k". */
  public String title() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** A tensor over {@code data}, which is exactly its blocks in row-major order. */
  public Tensor tensor(String name, long[] shape, MemorySegment data) {
    if (plain != null) {
      return Tensor.of(name, plain, shape, data);
    }
    return Tensor.packed(name, shape, data, this);
  }

  /** Unpacks whole blocks in place; only a piece that begins or ends inside a block needs room. */
  @Override
  public void read(MemorySegment data, long first, float[] out, int at, int count) {
    if (unpacking == null) {
      throw new IllegalStateException(this + " has no blocks");
    }
    int skip = (int) (first % blockValues);
    long block = first / blockValues * blockBytes;
    for (int done = 0; done < count; block += blockBytes) {
      int n = Math.min(blockValues - skip, count - done);
      if (n == blockValues) {
        unpacking.unpack(data, block, out, at + done);
      } else {
        float[] edge = new float[blockValues];
        unpacking.unpack(data, block, edge, 0);
        System.arraycopy(edge, skip, out, at + done, n);
      }
      done += n;
      skip = 0;
    }
  }
}
