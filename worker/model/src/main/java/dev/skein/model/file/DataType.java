package dev.skein.model.file;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** How one element of a published tensor is stored: little-endian, without padding. */
public enum DataType {
  /** IEEE 754 binary32. */
  F32(4),
  /** IEEE 754 binary16. */
  F16(2),
  /** The upper half of a binary32. */
  BF16(2),
  /** Two's complement integers: token ids in state files and test vectors, never weights. */
  I32(4);

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final int bytes;

  DataType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** Whether weights may have this type. */
  public boolean floating() {
    return this != I32;
  }

  /** The element that begins at {@code offset}, widened without loss. */
  float get(MemorySegment data, long offset) {
    return switch (this) {
      case F32 -> Float.intBitsToFloat(data.get(INT, offset));
      case F16 -> Float.float16ToFloat(data.get(SHORT, offset));
      case BF16 -> Float.intBitsToFloat(data.get(SHORT, offset) << 16);
      case I32 -> data.get(INT, offset);
    };
  }

  /**
   * Appends a value, rounded to the nearest of the type (ties to even), and returns what it is now.
   */
  public float put(ByteBuffer out, float value) {
    return switch (this) {
      case F32 -> {
        out.putFloat(value);
        yield value;
      }
      case F16 -> {
        short half = Float.floatToFloat16(value);
        out.putShort(half);
        yield Float.float16ToFloat(half);
      }
      case BF16 -> {
        int bits = Float.floatToRawIntBits(value);
        boolean finite = Math.abs(value) <= Float.MAX_VALUE;
        short half = (short) ((finite ? bits + 0x7fff + (bits >>> 16 & 1) : bits) >>> 16);
        out.putShort(half);
        yield Float.intBitsToFloat(half << 16);
      }
      case I32 -> {
        out.putInt((int) value);
        yield (int) value;
      }
    };
  }

  /** Widens {@code count} neighbouring elements. */
  void get(MemorySegment data, long offset, float[] out, int at, int count) {
    switch (this) {
      case F32 -> MemorySegment.copy(data, FLOAT, offset, out, at, count);
      case F16 -> {
        for (int i = 0; i < count; i++) {
          out[at + i] = Float.float16ToFloat(data.get(SHORT, offset + 2L * i));
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          out[at + i] = Float.intBitsToFloat(data.get(SHORT, offset + 2L * i) << 16);
        }
      }
      case I32 -> {
        for (int i = 0; i < count; i++) {
          out[at + i] = data.get(INT, offset + 4L * i);
        }
      }
    }
  }

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
}
