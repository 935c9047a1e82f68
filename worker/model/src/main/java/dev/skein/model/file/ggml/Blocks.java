package dev.skein.model.file.ggml;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The block layouts of ggml, unpacked. {@code d} and {@code m} (scale and offset) are little-endian
 * halfs; q are small integers. Each method unpacks the block that begins at {@code block} to {@code
 * out[at…]}.
 */
final class Blocks {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Blocks() {}

  /** d, 16 bytes: low nibbles are values 0…15, high nibbles 16…31; {@code (q - 8) d}. */
  static void q40(MemorySegment data, long block, float[] out, int at) {
    float d = half(data, block);
    for (int i = 0; i < 16; i++) {
      out[at + i] = (low(s8(data, block + 2 + i)) - 8) * d;
      out[at + 16 + i] = (high(s8(data, block + 2 + i)) - 8) * d;
    }
  }

  /** d, m, nibbles as above; {@code q d + m}. */
  static void q41(MemorySegment data, long block, float[] out, int at) {
    float d = half(data, block);
    float m = half(data, block + 2);
    for (int i = 0; i < 16; i++) {
      out[at + i] = low(s8(data, block + 4 + i)) * d + m;
      out[at + 16 + i] = high(s8(data, block + 4 + i)) * d + m;
    }
  }

  /** d, 32 fifth bits (bit i belongs to value i), nibbles as above; {@code (q - 16) d}. */
  static void q50(MemorySegment data, long block, float[] out, int at) {
    float d = half(data, block);
    int fifth = word(data, block + 2);
    for (int i = 0; i < 16; i++) {
      out[at + i] = (fifth(low(s8(data, block + 6 + i)), fifth, i) - 16) * d;
      out[at + 16 + i] = (fifth(high(s8(data, block + 6 + i)), fifth, 16 + i) - 16) * d;
    }
  }

  /** d, m, 32 fifth bits, nibbles as above; {@code q d + m}. */
  static void q51(MemorySegment data, long block, float[] out, int at) {
    float d = half(data, block);
    float m = half(data, block + 2);
    int fifth = word(data, block + 4);
    for (int i = 0; i < 16; i++) {
      out[at + i] = fifth(low(s8(data, block + 8 + i)), fifth, i) * d + m;
      out[at + 16 + i] = fifth(high(s8(data, block + 8 + i)), fifth, 16 + i) * d + m;
    }
  }

  /** d, 32 signed bytes; {@code q d}. */
  static void q80(MemorySegment data, long block, float[] out, int at) {
    float d = half(data, block);
    for (int i = 0; i < 32; i++) {
      out[at + i] = s8(data, block + 2 + i) * d;
    }
  }

  /**
   * d, m, 12 bytes that hold eight 6-bit scales s and eight 6-bit offsets o, 128 bytes: of each 32
   * bytes the low nibbles are one part of 32 values, the high nibbles the next; {@code (d s) q - m
   * o} with s and o of the part.
   */
  static void q4k(MemorySegment data, long block, float[] out, int at) {
    for (int part = 0; part < 8; part++) {
      float d = half(data, block) * scale(data, block, part);
      float m = half(data, block + 2) * offset(data, block, part);
      for (int i = 0; i < 32; i++) {
        out[at + 32 * part + i] =
            d * nibble(s8(data, block + 16 + part / 2 * 32L + i), part & 1) - m;
      }
    }
  }

  /**
   * As {@link #q4k}, with 32 bytes of fifth bits before the nibbles: bit p of byte i for value i,
   * part p.
   */
  static void q5k(MemorySegment data, long block, float[] out, int at) {
    for (int part = 0; part < 8; part++) {
      float d = half(data, block) * scale(data, block, part);
      float m = half(data, block + 2) * offset(data, block, part);
      for (int i = 0; i < 32; i++) {
        int q = nibble(s8(data, block + 48 + part / 2 * 32L + i), part & 1);
        out[at + 32 * part + i] = d * fifth(q, s8(data, block + 16 + i), part) - m;
      }
    }
  }

  /**
   * 128 bytes with the lower four bits, 64 bytes with the upper two, 16 signed bytes scales (one
   * for 16 values), d; {@code (d s) (q - 32)}. Each half of 128 values is four parts of 32: the low
   * nibbles of 64 bytes are parts 0 and 1, the high ones 2 and 3; part p has bits 2p of 32 bytes.
   */
  static void q6k(MemorySegment data, long block, float[] out, int at) {
    float d = half(data, block + 208);
    for (int part = 0; part < 8; part++) {
      int lower = part / 4 * 64 + part % 2 * 32;
      int upper = 128 + part / 4 * 32;
      int shift = part % 4 * 2;
      for (int i = 0; i < 32; i++) {
        int q =
            nibble(s8(data, block + lower + i), part % 4 / 2)
                | (((s8(data, block + upper + i) >> shift) & 3) << 4);
        float scale = d * s8(data, block + 192 + part * 2L + i / 16);
        out[at + 32 * part + i] = scale * (q - 32);
      }
    }
  }

  private static float half(MemorySegment data, long at) {
    return Float.float16ToFloat(data.get(SHORT, at));
  }

  private static int word(MemorySegment data, long at) {
    return data.get(INT, at);
  }

  private static byte s8(MemorySegment data, long at) {
    return data.get(ValueLayout.JAVA_BYTE, at);
  }

  private static int low(byte b) {
    return b & 15;
  }

  private static int high(byte b) {
    return (b >> 4) & 15;
  }

  private static int nibble(byte b, int upper) {
    return (b >> (4 * upper)) & 15;
  }

  private static int fifth(int q, int bits, int bit) {
    return q | (((bits >> bit) & 1) << 4);
  }

  /** Scales 0…3 are the low six bits of bytes 4…7; the top two bits there belong to 4…7. */
  private static int scale(MemorySegment data, long block, int part) {
    return part < 4
        ? s8(data, block + 4 + part) & 63
        : low(s8(data, block + 8 + part)) | top(s8(data, block + part));
  }

  /** Offsets 0…3 are the low six bits of bytes 8…11; the top two bits there belong to 4…7. */
  private static int offset(MemorySegment data, long block, int part) {
    return part < 4
        ? s8(data, block + 8 + part) & 63
        : high(s8(data, block + 8 + part)) | top(s8(data, block + 4 + part));
  }

  private static int top(byte b) {
    return ((b >> 6) & 3) << 4;
  }
}
