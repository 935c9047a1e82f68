package dev.skein.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** The arguments of a recurrence in C, one field after another as {@code skein.h} has them. */
final class NativeStretch {
  private static final int BYTES = 256;

  private final MemorySegment memory = Arena.ofAuto().allocate(BYTES, 64);
  private long at;

  NativeStretch begin() {
    at = 0;
    return this;
  }

  /** Where rows begin, 0 for none. */
  NativeStretch row(@Nullable Rows rows) {
    return value(rows == null ? 0 : rows.address(0, 0));
  }

  NativeStretch value(long value) {
    memory.set(ValueLayout.JAVA_LONG, at, value);
    at += Long.BYTES;
    return this;
  }

  /** Tokens and columns. */
  NativeStretch range(Stretch s) {
    return integer(s.start).integer(s.end).integer(s.from).integer(s.n);
  }

  NativeStretch integer(int value) {
    memory.set(ValueLayout.JAVA_INT, at, value);
    at += Integer.BYTES;
    return this;
  }

  NativeStretch number(float value) {
    memory.set(ValueLayout.JAVA_FLOAT, at, value);
    at += Float.BYTES;
    return this;
  }

  MemorySegment memory() {
    return memory;
  }
}
