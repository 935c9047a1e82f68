package dev.skein.model.packed;

import dev.skein.kernels.FloatMatrix;
import dev.skein.kernels.HalfMatrix;
import dev.skein.kernels.Int8Matrix;
import dev.skein.kernels.Matrix;
import dev.skein.kernels.RowSource;
import dev.skein.kernels.WorkerPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * How a low-rank factor is held: in a quantised RWKV-7 as 8-bit integers, everywhere else without
 * loss, in two bytes a weight where they are enough, as they are for what was published so. The
 * bits of its products are the same in every form without loss.
 */
public enum FactorForm {
  /** Four bytes a weight. */
  FP32("factor"),
  /** The upper half of fp32. */
  BF16("factor-bf16"),
  /** IEEE 754 binary16. */
  FP16("factor-fp16"),
  /** Eight bits with a scale per output row. */
  INT8("factor-int8");

  private final String title;

  FactorForm(String title) {
    this.title = title;
  }

  /** The name of the kind of section in a {@code .skein} file. */
  String title() {
    return title;
  }

  /** The form with the fewest bytes that holds all these finite weights without loss. */
  public static FactorForm holding(float[] weights) {
    boolean bf16 = true;
    boolean fp16 = true;
    for (float weight : weights) {
      bf16 &= (Float.floatToRawIntBits(weight) & 0xffff) == 0;
      fp16 &= Float.float16ToFloat(Float.floatToFloat16(weight)) == weight;
    }
    return bf16 ? BF16 : fp16 ? FP16 : FP32;
  }

  /** The form that a factor has. */
  static FactorForm of(Matrix factor) {
    return switch (factor) {
      case HalfMatrix half -> half.type() == HalfMatrix.Type.BF16 ? BF16 : FP16;
      case Int8Matrix eight -> INT8;
      default -> FP32;
    };
  }

  /** Packs the rows of {@code source}, which this form holds, into memory of {@code arena}. */
  public Matrix pack(Arena arena, int rows, int columns, RowSource source, WorkerPool workers) {
    return switch (this) {
      case FP32 -> FloatMatrix.pack(arena, rows, columns, source, workers);
      case BF16 -> HalfMatrix.pack(HalfMatrix.Type.BF16, arena, rows, columns, source, workers);
      case FP16 -> HalfMatrix.pack(HalfMatrix.Type.FP16, arena, rows, columns, source, workers);
      case INT8 -> Int8Matrix.pack(arena, rows, columns, source, workers);
    };
  }

  /** The factor of an image. */
  Matrix of(int rows, int columns, MemorySegment image) {
    return switch (this) {
      case FP32 -> FloatMatrix.of(rows, columns, image);
      case BF16 -> HalfMatrix.of(HalfMatrix.Type.BF16, rows, columns, image);
      case FP16 -> HalfMatrix.of(HalfMatrix.Type.FP16, rows, columns, image);
      case INT8 -> Int8Matrix.of(rows, columns, image);
    };
  }

  /** Bytes of an image. */
  long imageBytes(int rows, int columns) {
    return switch (this) {
      case FP32 -> FloatMatrix.imageBytes(rows, columns);
      case BF16, FP16 -> HalfMatrix.imageBytes(rows, columns);
      case INT8 -> Int8Matrix.imageBytes(rows, columns);
    };
  }
}
