package dev.skein.model.file.ggml;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.skein.model.file.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The unpacked blocks, against the definition of each format read value by value: which bits of the
 * block are value i, which are its scale.
 */
class EncodingTest {

  /** Value {@code i} of the block that begins at bit 0 of {@code b}. */
  private interface Definition {
    double value(Bits b, int i);
  }

  /** A block as a row of bits, the lowest bit of the first byte first. */
  private record Bits(byte[] block) {
    int at(int bit, int count) {
      int value = 0;
      for (int i = count - 1; i >= 0; i--) {
        value = 2 * value + (block[(bit + i) / 8] >> (bit + i) % 8 & 1);
      }
      return value;
    }

    int signedByte(int index) {
      int value = at(8 * index, 8);
      return value < 128 ? value : value - 256;
    }

    /** A binary16 by its definition; the test's blocks hold no infinities. */
    double half(int index) {
      int fraction = at(8 * index, 10);
      int exponent = at(8 * index + 10, 5);
      double sign = at(8 * index + 15, 1) == 0 ? 1 : -1;
      return exponent == 0
          ? sign * Math.scalb((double) fraction, -24)
          : sign * Math.scalb(1024.0 + fraction, exponent - 25);
    }

    /** The nibble of value {@code i} of 32, in the 16 bytes from {@code index} on. */
    int nibble(int index, int i) {
      return at(8 * (index + i % 16) + 4 * (i / 16), 4);
    }
  }

  private static final Map<Encoding, Definition> DEFINITIONS =
      Map.of(
          Encoding.Q4_0, (b, i) -> (b.nibble(2, i) - 8) * b.half(0),
          Encoding.Q4_1, (b, i) -> b.nibble(4, i) * b.half(0) + b.half(2),
          Encoding.Q5_0, (b, i) -> (b.nibble(6, i) + 16 * b.at(16 + i, 1) - 16) * b.half(0),
          Encoding.Q5_1, (b, i) -> (b.nibble(8, i) + 16 * b.at(32 + i, 1)) * b.half(0) + b.half(2),
          Encoding.Q8_0, (b, i) -> b.signedByte(2 + i) * b.half(0),
          Encoding.Q4_K, (b, i) -> scale(b, i / 32) * low(b, 16, i) - offset(b, i / 32),
          Encoding.Q5_K,
              (b, i) ->
                  scale(b, i / 32) * (low(b, 48, i) + 16 * b.at(8 * (16 + i % 32) + i / 32, 1))
                      - offset(b, i / 32),
          Encoding.Q6_K, (b, i) -> b.half(208) * b.signedByte(192 + i / 16) * (six(b, i) - 32));

  /** Of 64 values, the first 32 are the low nibbles of 32 bytes, the others the high ones. */
  private static int low(Bits b, int index, int i) {
    return b.at(8 * (index + i / 64 * 32 + i % 32) + i / 32 % 2 * 4, 4);
  }

  /** Six bits for each of eight parts: four or six of them in one place, two in another. */
  private static double scale(Bits b, int part) {
    int six =
        part < 4
            ? b.at(8 * (4 + part), 6)
            : b.at(8 * (12 + part - 4), 4) + 16 * b.at(8 * (4 + part - 4) + 6, 2);
    return b.half(0) * six;
  }

  private static double offset(Bits b, int part) {
    int six =
        part < 4
            ? b.at(8 * (8 + part), 6)
            : b.at(8 * (12 + part - 4) + 4, 4) + 16 * b.at(8 * (8 + part - 4) + 6, 2);
    return b.half(2) * six;
  }

  private static int six(Bits b, int i) {
    int inHalf = i % 128;
    int lower = b.at(8 * (i / 128 * 64 + inHalf % 64) + inHalf / 64 * 4, 4);
    return lower + 16 * b.at(8 * (128 + i / 128 * 32 + i % 32) + inHalf / 32 * 2, 2);
  }

  static Stream<Encoding> packed() {
    return Stream.of(Encoding.values()).filter(Encoding::packed);
  }

  @Test
  void everyPackedEncodingHasADefinition() {
    assertThat(DEFINITIONS.keySet()).containsExactlyInAnyOrderElementsOf(packed().toList());
  }

  @ParameterizedTest
  @MethodSource("packed")
  void blocksMeanWhatTheFormatSays(Encoding encoding) {
    Definition definition = Objects.requireNonNull(DEFINITIONS.get(encoding));
    byte[] blocks = blocks(encoding, 7);
    float[] values = read(tensor(encoding, blocks, 7));
    byte[] block = new byte[encoding.blockBytes()];
    for (int i = 0; i < values.length; i++) {
      int number = i / encoding.blockValues();
      System.arraycopy(blocks, number * block.length, block, 0, block.length);
      double expected = definition.value(new Bits(block), i % encoding.blockValues());
      assertThat((double) values[i])
          .as("%s value %d", encoding, i)
          .isCloseTo(expected, Offset.offset(1e-6 * Math.abs(expected) + 1e-4));
    }
  }

  @ParameterizedTest
  @MethodSource("packed")
  void anyPieceMayBeRead(Encoding encoding) {
    Tensor tensor = tensor(encoding, blocks(encoding, 3), 3);
    float[] all = read(tensor);
    SplittableRandom random = new SplittableRandom(1);
    for (int trial = 0; trial < 300; trial++) {
      int first = random.nextInt(all.length);
      int count = random.nextInt(all.length - first + 1);
      float[] piece = new float[count + 2];
      tensor.read(first, piece, 1, count);
      for (int i = 0; i < count; i++) {
        assertThat(piece[i + 1]).isEqualTo(all[first + i]);
      }
      assertThat(piece[0] + piece[count + 1]).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("packed")
  void aCopyStaysPacked(Encoding encoding) {
    byte[] blocks = blocks(encoding, 5);
    Tensor original = tensor(encoding, blocks, 5);
    float[] expected = read(original);
    try (Arena arena = Arena.ofConfined()) {
      Tensor copy = original.copiedTo(arena);
      Arrays.fill(blocks, (byte) 0);
      assertThat(copy.data().byteSize()).isEqualTo(blocks.length);
      assertThat(read(copy)).isEqualTo(expected);
      float[] row = new float[encoding.blockValues()];
      copy.part(3).read(row);
      assertThat(row).isEqualTo(Arrays.copyOfRange(expected, 3 * row.length, 4 * row.length));
    }
  }

  @ParameterizedTest
  @MethodSource("packed")
  void readingARowAllocatesNothing(Encoding encoding) {
    Tensor tensor = tensor(encoding, blocks(encoding, 4), 4);
    float[] row = new float[encoding.blockValues()];
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    tensor.read(0, row, 0, row.length); // the first one loads classes
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 1000; i++) {
      tensor.read((long) i % 4 * row.length, row, 0, row.length);
    }
    assertThat((threads.getCurrentThreadAllocatedBytes() - before) / 1000).isLessThan(16);
  }

  private static float[] read(Tensor tensor) {
    float[] values = new float[(int) tensor.elements()];
    tensor.read(values);
    return values;
  }

  private static Tensor tensor(Encoding encoding, byte[] blocks, int count) {
    long[] shape = {count, encoding.blockValues()};
    return encoding.tensor("t", shape, MemorySegment.ofArray(blocks));
  }

  /** Random bits, apart from scales of modest size where the layouts have them. */
  private static byte[] blocks(Encoding encoding, int count) {
    byte[] blocks = new byte[count * encoding.blockBytes()];
    new SplittableRandom(encoding.name().hashCode()).nextBytes(blocks);
    for (int block = 0; block < count; block++) {
      int at = block * encoding.blockBytes();
      if (encoding == Encoding.Q6_K) {
        blocks[at + 209] &= (byte) 0xbf;
      } else {
        blocks[at + 1] &= (byte) 0xbf;
        blocks[at + 3] &= encoding == Encoding.Q8_0 ? (byte) 0xff : (byte) 0xbf;
      }
    }
    return blocks;
  }
}
