package dev.skein.kernels;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The products of {@code skein.h}. The handles are constants, so that a call costs some
 * nanoseconds; the class is initialised at the first product, when the library has been found good.
 */
final class NativeProducts {
  private static final MemoryLayout INT = ValueLayout.JAVA_INT;
  private static final MemoryLayout LONG = ValueLayout.JAVA_LONG;
  private static final MemoryLayout AT = ValueLayout.ADDRESS;

  private static final MethodHandle QUANTIZE =
      function("skein_quantize", INT, AT, LONG, LONG, LONG, LONG, AT, AT, AT);
  private static final MethodHandle INT8 =
      function("skein_int8", INT, AT, LONG, LONG, AT, AT, AT, AT, LONG, LONG, LONG, LONG);
  private static final MethodHandle INT4 =
      function("skein_int4", INT, AT, LONG, LONG, AT, AT, AT, AT, LONG, LONG, LONG, LONG);
  private static final MethodHandle FLOAT =
      function("skein_float", INT, INT, AT, LONG, LONG, AT, LONG, AT, LONG, LONG, LONG, LONG);

  private static final int FP32 = 0;
  private static final int BF16 = 1;
  private static final int FP16 = 2;

  private NativeProducts() {}

  private static MethodHandle function(String name, MemoryLayout... arguments) {
    return Backends.library().function(name, FunctionDescriptor.ofVoid(arguments));
  }

  static void quantize(int set, Activations x, int from, int to) {
    Rows rows = x.rows();
    Activations.Quantized q = x.quantized();
    try {
      QUANTIZE.invokeExact(
          set,
          rows.data(),
          (long) rows.stride(),
          (long) from,
          (long) to,
          (long) rows.columns(),
          q.planes(),
          q.scales(),
          q.biases());
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static void multiply(int set, Matrix m, Activations x, int count, Rows y, int from, int to) {
    switch (m) {
      case Int8Matrix q -> int8(set, q, x.quantized(), count, y, from, to);
      case Int4Matrix q -> int4(set, q, x.quantized(), count, y, from, to);
      case FloatMatrix f -> floats(set, FP32, f, x.rows(), count, y, from, to);
      case HalfMatrix h -> floats(set, type(h), h, x.rows(), count, y, from, to);
    }
  }

  private static int type(HalfMatrix m) {
    return m.type() == HalfMatrix.Type.BF16 ? BF16 : FP16;
  }

  private static void int8(
      int set, Int8Matrix m, Activations.Quantized x, int count, Rows y, int from, int to) {
    try {
      INT8.invokeExact(
          set,
          m.image(),
          (long) m.rows(),
          (long) m.columns(),
          x.planes(),
          x.scales(),
          x.biases(),
          y.data(),
          (long) y.stride(),
          (long) count,
          (long) from,
          (long) to);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  private static void int4(
      int set, Int4Matrix m, Activations.Quantized x, int count, Rows y, int from, int to) {
    try {
      INT4.invokeExact(
          set,
          m.image(),
          (long) m.rows(),
          (long) m.columns(),
          x.planes(),
          x.scales(),
          x.biases(),
          y.data(),
          (long) y.stride(),
          (long) count,
          (long) from,
          (long) to);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  private static void floats(
      int set, int type, Matrix m, Rows x, int count, Rows y, int from, int to) {
    try {
      FLOAT.invokeExact(
          set,
          type,
          m.image(),
          (long) m.rows(),
          (long) m.columns(),
          x.data(),
          (long) x.stride(),
          y.data(),
          (long) y.stride(),
          (long) count,
          (long) from,
          (long) to);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }
}
