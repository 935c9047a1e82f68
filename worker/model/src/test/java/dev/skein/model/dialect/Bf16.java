package dev.skein.model.dialect;

import dev.skein.model.file.DataType;
import dev.skein.model.file.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Tensors of values that bf16 holds exactly. */
final class Bf16 {
  private Bf16() {}

  /** A tensor of fp32 or bf16. */
  static Tensor of(String name, float[] values, DataType type, long... shape) {
    if (type != DataType.BF16) {
      return Tensor.of(name, values, shape);
    }
    ByteBuffer bytes = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
    }
    return Tensor.of(name, type, shape, MemorySegment.ofArray(bytes.array()));
  }
}
