package dev.skein.model.packed;

import dev.skein.kernels.FloatMatrix;
import dev.skein.kernels.HalfMatrix;
import dev.skein.kernels.Int4Matrix;
import dev.skein.kernels.Int8Matrix;
import dev.skein.kernels.Matrix;
import dev.skein.kernels.RowSource;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.Quantization;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** Which matrix of the kernels holds the weights of a quantisation. */
public final class MatrixForm {
  private MatrixForm() {}

  /** Bytes of a file that may be in memory only to be packed. */
  private static final long UNPACKED_MAX = 16 << 20;

  /**
   * Packs a tensor [out, in] into memory of {@code arena}.
   *
   * @param file that the tensor is of
   * @throws ModelFormatException if a weight cannot be held so
   */
  public static Matrix pack(
      ModelFile file, Tensor tensor, Quantization q, Arena arena, WorkerPool workers)
      throws ModelFormatException {
    int rows = Math.toIntExact(tensor.dim(0));
    int columns = Math.toIntExact(tensor.dim(1));
    AtomicLong unpacked = new AtomicLong();
    AtomicBoolean broken = new AtomicBoolean();
    RowSource source =
        (row, out) -> {
          tensor.read((long) row * columns, out, 0, columns);
          requireFinite(row, out, broken);
          if (unpacked.addAndGet(4L * columns) > UNPACKED_MAX) {
            unpacked.set(0);
            file.unload();
          }
        };
    try {
      return switch (q) {
        case FP32 -> FloatMatrix.pack(arena, rows, columns, source, workers);
        case BF16 -> half(HalfMatrix.Type.BF16, arena, rows, columns, source, workers);
        case FP16 -> half(HalfMatrix.Type.FP16, arena, rows, columns, source, workers);
        case INT8 -> Int8Matrix.pack(arena, rows, columns, source, workers);
        case INT4 -> Int4Matrix.pack(arena, rows, columns, source, workers);
      };
    } catch (IllegalArgumentException e) {
      throw ModelFormatException.of(
          file.path(),
          "tensor '%s' cannot be held as %s: %s"
              .formatted(tensor.name(), q.title(), e.getMessage()),
          broken.get() ? "take another copy of the model" : "take --quant fp32");
    }
  }

  private static void requireFinite(int row, float[] values, AtomicBoolean broken) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        broken.set(true);
        throw new IllegalArgumentException("row " + row + " holds a weight that is not finite");
      }
    }
  }

  private static Matrix half(
      HalfMatrix.Type type,
      Arena arena,
      int rows,
      int columns,
      RowSource source,
      WorkerPool workers) {
    return HalfMatrix.pack(type, arena, rows, columns, source, workers);
  }

  /**
   * The matrix of an image.
   *
   * @throws IllegalArgumentException if the image is not one of such a matrix
   */
  static Matrix of(Quantization q, int rows, int columns, MemorySegment image) {
    return switch (q) {
      case FP32 -> FloatMatrix.of(rows, columns, image);
      case BF16 -> HalfMatrix.of(HalfMatrix.Type.BF16, rows, columns, image);
      case FP16 -> HalfMatrix.of(HalfMatrix.Type.FP16, rows, columns, image);
      case INT8 -> Int8Matrix.of(rows, columns, image);
      case INT4 -> Int4Matrix.of(rows, columns, image);
    };
  }

  /** Bytes of an image. */
  static long imageBytes(Quantization q, int rows, int columns) {
    return switch (q) {
      case FP32 -> FloatMatrix.imageBytes(rows, columns);
      case BF16, FP16 -> HalfMatrix.imageBytes(rows, columns);
      case INT8 -> Int8Matrix.imageBytes(rows, columns);
      case INT4 -> Int4Matrix.imageBytes(rows, columns);
    };
  }
}
