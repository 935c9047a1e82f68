package dev.skein.kernels;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The recurrences of {@code skein.h}, each of which takes one block of arguments. */
final class NativeRecurrences {
  private static final MethodHandle WKV4 = recurrence("skein_wkv4");
  private static final MethodHandle WKV6 = recurrence("skein_wkv6");
  private static final MethodHandle WKV7 = recurrence("skein_wkv7");

  private NativeRecurrences() {}

  private static MethodHandle recurrence(String name) {
    FunctionDescriptor type = FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT, ValueLayout.ADDRESS);
    return Backends.library().function(name, type);
  }

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
