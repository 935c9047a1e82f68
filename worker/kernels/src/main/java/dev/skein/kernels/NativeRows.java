package dev.skein.kernels;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * The work on rows of {@code skein.h}. It is over within a microsecond, so its call does not even
 * tell the JVM that the thread is elsewhere, and takes plain addresses.
 */
final class NativeRows {
  private static final MemoryLayout INT = ValueLayout.JAVA_INT;
  private static final MemoryLayout LONG = ValueLayout.JAVA_LONG;
  private static final MemoryLayout FLOAT = ValueLayout.JAVA_FLOAT;

  private static final MethodHandle ADD = brief("skein_add", INT, LONG, LONG, INT);
  private static final MethodHandle NORM =
      brief("skein_norm", INT, LONG, LONG, LONG, FLOAT, LONG, INT);
  private static final MethodHandle SHIFT =
      brief("skein_shift", INT, LONG, LONG, LONG, LONG, LONG, INT);
  private static final MethodHandle GATE = brief("skein_gate", INT, LONG, LONG, INT);
  private static final MethodHandle TANH = brief("skein_tanh", INT, LONG, INT);
  private static final MethodHandle SIGMOID = brief("skein_sigmoid", INT, LONG, INT);
  private static final MethodHandle SQUARED_RELU = brief("skein_squared_relu", INT, LONG, INT);

  private NativeRows() {}

  private static MethodHandle brief(String name, MemoryLayout... arguments) {
    FunctionDescriptor type = FunctionDescriptor.ofVoid(arguments);
    return Backends.library().function(name, type, Linker.Option.critical(false));
  }

  static void add(int set, Rows x, Rows y, int row) {
    try {
      ADD.invokeExact(set, x.address(row, 0), y.address(row, 0), x.columns());
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static void norm(int set, Rows x, int row, Norm norm, Rows out, int outRow) {
    try {
      NORM.invokeExact(
          set,
          x.address(row, 0),
          norm.weight().address(0, 0),
          norm.bias().address(0, 0),
          norm.eps(),
          out.address(outRow, 0),
          x.columns());
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static void shift(
      int set, Rows x, Rows previous, int row, long amount, @Nullable Rows change, Rows out) {
    try {
      SHIFT.invokeExact(
          set,
          x.address(row, 0),
          previous.address(row, 0),
          amount,
          change == null ? 0L : change.address(row, 0),
          out.address(row, 0),
          x.columns());
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static void gate(int set, Rows x, Rows gate, int row) {
    try {
      GATE.invokeExact(set, x.address(row, 0), gate.address(row, 0), x.columns());
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static void tanh(int set, Rows x, int row, int from, int n) {
    try {
      TANH.invokeExact(set, x.address(row, from), n);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static void sigmoid(int set, Rows x, int row, int from, int n) {
    try {
      SIGMOID.invokeExact(set, x.address(row, from), n);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static void squaredRelu(int set, Rows x, int row, int from, int n) {
    try {
      SQUARED_RELU.invokeExact(set, x.address(row, from), n);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }
}
