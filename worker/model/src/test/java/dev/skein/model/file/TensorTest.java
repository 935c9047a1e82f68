package dev.skein.model.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class TensorTest {
  private static final long[] TRANSPOSED = {1, 3};

  private static MemorySegment counting(int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = i;
    }
    return MemorySegment.ofArray(values);
  }

  @Test
  void readsATransposedViewInRowMajorOrder() {
    Tensor tensor = Tensor.strided("t", DataType.F32, new long[] {3, 2}, TRANSPOSED, counting(6));
    float[] out = new float[6];
    tensor.read(out);
    assertThat(out).containsExactly(0, 3, 1, 4, 2, 5);
    assertThat(tensor.contiguous()).isFalse();
  }

  @Test
  void aCopyOfAViewHasTheElementsInOrderAndTheTypeAsStored() {
    short[] bits = {0x3f80, 0x4000, 0x4040, 0x4080, 0x40a0, 0x40c0}; // 1 to 6
    MemorySegment data = MemorySegment.ofArray(new byte[12]);
    MemorySegment.copy(
        bits, 0, data, ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0, 6);
    Tensor view = Tensor.strided("t", DataType.BF16, new long[] {3, 2}, TRANSPOSED, data);
    try (Arena arena = Arena.ofConfined()) {
      Tensor copy = view.copiedTo(arena);
      assertThat(copy.contiguous()).isTrue();
      assertThat(copy.type()).isEqualTo(DataType.BF16);
      assertThat(copy.data().byteSize()).isEqualTo(12);
      float[] out = new float[6];
      copy.read(out);
      assertThat(out).containsExactly(1, 4, 2, 5, 3, 6);
    }
  }

  @Test
  void readsAnyPieceOfAView() {
    Tensor tensor =
        Tensor.strided("t", DataType.F32, new long[] {2, 3, 4}, new long[] {1, 8, 2}, counting(24));
    float[] whole = new float[24];
    tensor.read(whole);
    for (int first = 0; first < 24; first++) {
      for (int count = 0; count <= 24 - first; count++) {
        float[] piece = new float[count + 2];
        tensor.read(first, piece, 1, count);
        for (int i = 0; i < count; i++) {
          assertThat(piece[i + 1]).isEqualTo(whole[first + i]);
        }
      }
    }
  }

  @Test
  void widensEveryHalfAndBfloat() {
    short[] bits = new short[1 << 16];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = (short) i;
    }
    MemorySegment data = MemorySegment.ofArray(new byte[2 * bits.length]);
    MemorySegment.copy(
        bits,
        0,
        data,
        ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN),
        0,
        bits.length);
    float[] half = new float[bits.length];
    float[] brain = new float[bits.length];
    Tensor.of("h", DataType.F16, new long[] {bits.length}, data).read(half);
    Tensor.of("b", DataType.BF16, new long[] {bits.length}, data).read(brain);
    for (int i = 0; i < bits.length; i++) {
      assertThat(Float.floatToIntBits(half[i]))
          .isEqualTo(Float.floatToIntBits(Float.float16ToFloat((short) i)));
      assertThat(
              Float.isNaN(brain[i])
                  ? Float.isNaN(Float.intBitsToFloat(i << 16))
                  : brain[i] == Float.intBitsToFloat(i << 16))
          .isTrue();
    }
  }

  @Test
  void findsTheFirstNonFiniteElement() {
    float[] values = new float[20_000];
    assertThat(Tensor.of("t", values, 100, 200).firstNonFinite()).isEqualTo(-1);
    values[12_345] = Float.NEGATIVE_INFINITY;
    values[15_000] = Float.NaN;
    assertThat(Tensor.of("t", values, 100, 200).firstNonFinite()).isEqualTo(12_345);
  }

  @Test
  void refusesDataOfAnotherSizeAndReadsOutsideIt() {
    assertThatThrownBy(() -> Tensor.of("t", new float[5], 2, 3))
        .isInstanceOf(IllegalArgumentException.class);
    Tensor tensor = Tensor.of("t", new float[6], 2, 3);
    assertThatThrownBy(() -> tensor.read(new float[5]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> tensor.read(-1, new float[5], 0, 2))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void viewsOfStoredAndOfComputedTensorsAgree() {
    float[] values = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    Tensor stored = Tensor.of("t", values, 2, 3, 2);
    Tensor computed =
        Tensor.computed(
            "t",
            new long[] {2, 3, 2},
            (from, out, at, n) -> System.arraycopy(values, (int) from, out, at, n));
    for (Tensor tensor : new Tensor[] {stored, computed, stored.permuted(0, 1, 2)}) {
      assertThat(all(tensor.renamed("u"))).containsExactly(values);
      assertThat(all(tensor.reshaped(4, 3).part(2))).containsExactly(6, 7, 8);
      assertThat(all(tensor.part(1))).containsExactly(6, 7, 8, 9, 10, 11);
      assertThat(all(tensor.part(1).permuted(1, 0))).containsExactly(6, 8, 10, 7, 9, 11);
      assertThat(all(tensor.permuted(0, 2, 1).part(0))).containsExactly(0, 2, 4, 1, 3, 5);
      assertThat(all(tensor.permuted(0, 2, 1).reshaped(12)))
          .containsExactly(0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11);
    }
    byte[] storedBytes = new byte[48];
    byte[] computedBytes = new byte[48];
    stored.copyBytes(0, storedBytes, 12);
    computed.copyBytes(0, computedBytes, 12);
    assertThat(computedBytes).isEqualTo(storedBytes);
  }

  private static float[] all(Tensor tensor) {
    float[] out = new float[(int) tensor.elements()];
    tensor.read(out);
    return out;
  }
}
