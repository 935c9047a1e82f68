package dev.skein.kernels;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * The rows and recurrences of {@code skein.h}. What works on a row is over within a microsecond, so
 * its call does not even tell the JVM that the thread is elsewhere, and takes plain addresses.
 */
final class NativeSteps {
  private static final MemoryLayout INT = ValueLayout.JAVA_INT;
  private static final MemoryLayout LONG = ValueLayout.JAVA_LONG;
  private static final MemoryLayout FLOAT = ValueLayout.JAVA_FLOAT;
  private static final MemoryLayout AT = ValueLayout.ADDRESS;

  private static final MethodHandle ADD = brief("skein_add", INT, LONG, LONG, INT);
  private static final MethodHandle NORM =
      brief("skein_norm", INT, LONG, LONG, LONG, FLOAT, LONG, INT);
  private static final MethodHandle SHIFT =
      brief("skein_shift", INT, LONG, LONG, LONG, LONG, LONG, INT);
  private static final MethodHandle GATE = brief("skein_gate", INT, LONG, LONG, INT);
  private static final MethodHandle TANH = brief("skein_tanh", INT, LONG, INT);
  private static final MethodHandle SIGMOID = brief("skein_sigmoid", INT, LONG, INT);
  private static final MethodHandle SQUARED_RELU = brief("skein_squared_relu", INT, LONG, INT);
  private static final MethodHandle GREATEST = array("skein_greatest", FLOAT, INT, AT, LONG);
  private static final MethodHandle WEIGH =
      array("skein_weigh", ValueLayout.JAVA_DOUBLE, INT, AT, FLOAT, FLOAT, AT, LONG);
  private static final MethodHandle KEEP = array("skein_keep", INT, INT, AT, FLOAT, AT, AT, LONG);
  private static final MethodHandle SUM =
      array("skein_sum", ValueLayout.JAVA_DOUBLE, INT, AT, LONG);
  private static final MethodHandle KEEP_BETWEEN =
      array("skein_keep_between", INT, INT, AT, LONG, FLOAT, FLOAT, AT);
  private static final MethodHandle WKV4 = recurrence("skein_wkv4");
  private static final MethodHandle WKV6 = recurrence("skein_wkv6");
  private static final MethodHandle WKV7 = recurrence("skein_wkv7");

  private NativeSteps() {}

  private static MethodHandle brief(String name, MemoryLayout... arguments) {
    FunctionDescriptor type = FunctionDescriptor.ofVoid(arguments);
    return Backends.library().function(name, type, Linker.Option.critical(false));
  }

  /** A function that may take arrays of the heap. */
  private static MethodHandle array(String name, MemoryLayout result, MemoryLayout... arguments) {
    FunctionDescriptor type = FunctionDescriptor.of(result, arguments);
    return Backends.library().function(name, type, Linker.Option.critical(true));
  }

  private static MethodHandle recurrence(String name) {
    FunctionDescriptor type = FunctionDescriptor.ofVoid(INT, ValueLayout.ADDRESS);
    return Backends.library().function(name, type);
  }

  // ---- rows

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

  // ---- element by element

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

  // ---- distributions

  static float greatest(int set, float[] x) {
    try {
      return (float) GREATEST.invokeExact(set, MemorySegment.ofArray(x), (long) x.length);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static double weigh(int set, float[] x, float greatest, float temperature, float[] weights) {
    try {
      return (double)
          WEIGH.invokeExact(
              set,
              MemorySegment.ofArray(x),
              greatest,
              temperature,
              MemorySegment.ofArray(weights),
              (long) x.length);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int keep(int set, float[] x, float least, int[] indices, float[] kept) {
    try {
      return (int)
          KEEP.invokeExact(
              set,
              MemorySegment.ofArray(x),
              least,
              MemorySegment.ofArray(indices),
              MemorySegment.ofArray(kept),
              (long) x.length);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static double sum(int set, float[] x, int n) {
    try {
      return (double) SUM.invokeExact(set, MemorySegment.ofArray(x), (long) n);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int keepBetween(int set, float[] x, int n, float least, float below, float[] kept) {
    try {
      return (int)
          KEEP_BETWEEN.invokeExact(
              set, MemorySegment.ofArray(x), (long) n, least, below, MemorySegment.ofArray(kept));
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  // ---- recurrences

  static void wkv4(int set, Wkv4Rows x, Wkv4Weights weights, Stretch s) {
    NativeStretch call = s.call.begin();
    call.row(x.r()).row(x.k()).row(x.v()).row(x.y()).row(weights.decay()).row(weights.first());
    long state = s.states.address() + s.state + 4L * s.from;
    call.value(state + weights.sums()).value(state + weights.weights());
    call.value(state + weights.maxima()).value(x.r().stride()).range(s);
    run(WKV4, set, call.memory());
  }

  static void wkv6(int set, Wkv6Rows x, Wkv6Weights weights, Stretch s) {
    NativeStretch call = s.call.begin();
    call.row(x.r())
        .row(x.w())
        .row(x.k())
        .row(x.v())
        .row(x.g().columns() == 0 ? null : x.g())
        .row(x.y());
    call.row(weights.decay()).row(weights.first());
    call.row(weights.norm().weight()).row(weights.norm().bias());
    call.value(s.states.address() + s.state).value(x.r().stride()).range(s);
    call.number(weights.norm().eps()).integer(weights.decaysByToken() ? 1 : 0);
    run(WKV6, set, call.memory());
  }

  static void wkv7(int set, Wkv7Rows x, Wkv7Weights weights, Stretch s) {
    NativeStretch call = s.call.begin();
    call.row(x.r())
        .row(x.w())
        .row(x.k())
        .row(x.v())
        .row(x.a())
        .row(x.g())
        .row(x.residual())
        .row(x.firstV());
    call.row(x.kk()).row(x.b()).row(x.y());
    call.row(weights.baseW()).row(weights.baseA()).row(weights.baseV()).row(weights.removal());
    call.row(weights.keyRate()).row(weights.bonus());
    call.row(weights.norm().weight()).row(weights.norm().bias());
    long states = s.states.address();
    call.value(states + s.state).value(s.next < 0 ? 0 : states + s.next);
    call.value(x.r().stride()).range(s).number(weights.norm().eps());
    run(WKV7, set, call.memory());
  }

  private static void run(MethodHandle recurrence, int set, MemorySegment arguments) {
    try {
      recurrence.invokeExact(set, arguments);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }
}
