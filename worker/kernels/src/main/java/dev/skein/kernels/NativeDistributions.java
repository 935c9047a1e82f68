package dev.skein.kernels;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The work on distributions of {@code skein.h}: on arrays of the heap, which stay where they are
 * for the microseconds of a call.
 */
final class NativeDistributions {
  private static final MemoryLayout INT = ValueLayout.JAVA_INT;
  private static final MemoryLayout LONG = ValueLayout.JAVA_LONG;
  private static final MemoryLayout FLOAT = ValueLayout.JAVA_FLOAT;
  private static final MemoryLayout DOUBLE = ValueLayout.JAVA_DOUBLE;
  private static final MemoryLayout AT = ValueLayout.ADDRESS;

  private static final MethodHandle GREATEST = function("skein_greatest", FLOAT, INT, AT, LONG);

  /** What greedy draws do without: a function of another type costs a start ten milliseconds. */
  private static final class Draws {
    static final MethodHandle EXP = function("skein_exp", FunctionDescriptor.ofVoid(INT, AT, LONG));
    static final MethodHandle WEIGH =
        function("skein_weigh", DOUBLE, INT, AT, FLOAT, FLOAT, AT, LONG);
    static final MethodHandle KEEP = function("skein_keep", INT, INT, AT, FLOAT, AT, AT, LONG);
    static final MethodHandle SUM = function("skein_sum", DOUBLE, INT, AT, LONG);
    static final MethodHandle KEEP_BETWEEN =
        function("skein_keep_between", INT, INT, AT, LONG, FLOAT, FLOAT, AT);
  }

  private NativeDistributions() {}

  private static MethodHandle function(
      String name, MemoryLayout result, MemoryLayout... arguments) {
    return function(name, FunctionDescriptor.of(result, arguments));
  }

  private static MethodHandle function(String name, FunctionDescriptor type) {
    return Backends.library().function(name, type, Linker.Option.critical(true));
  }

  static void exp(int set, float[] x, int n) {
    try {
      Draws.EXP.invokeExact(set, MemorySegment.ofArray(x), (long) n);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

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
          Draws.WEIGH.invokeExact(
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
          Draws.KEEP.invokeExact(
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
      return (double) Draws.SUM.invokeExact(set, MemorySegment.ofArray(x), (long) n);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int keepBetween(int set, float[] x, int n, float least, float below, float[] kept) {
    try {
      return (int)
          Draws.KEEP_BETWEEN.invokeExact(
              set, MemorySegment.ofArray(x), (long) n, least, below, MemorySegment.ofArray(kept));
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }
}
