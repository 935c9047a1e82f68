package dev.skein.engine;

import dev.skein.model.StateSlab;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A copy of a sequence's state from before a token that may belong to a stop string. It is wanted
 * at a position, taken when the slot has read up to there, and forgotten when the text turns out to
 * be harmless; the memory is used again.
 */
final class SafeCopy {
  static final int NONE = -1;

  private final int floats;
  private int at = NONE;
  private boolean taken;
  private @Nullable ByteBuffer copy;

  SafeCopy(int floats) {
    this.floats = floats;
  }

  /** A copy from that position (in known tokens) will be needed. */
  void want(int position) {
    at = position;
    taken = false;
  }

  void forget() {
    at = NONE;
  }

  /** The position that was asked for, or {@link #NONE}. */
  int at() {
    return at;
  }

  /** Whether the copy from that position is there. */
  boolean isFrom(int position) {
    return at != NONE && taken && at == position;
  }

  /** A row from {@code fed} must not pass the position before the copy is taken. */
  int cut(int fed, int to) {
    return at > fed && !taken ? Math.min(to, at) : to;
  }

  /** Takes the copy if the slot has read exactly up to where it is wanted. */
  void takeIfAt(int fed, int slot, StateSlab slab) {
    if (at == fed && !taken) {
      ByteBuffer memory = copy;
      if (memory == null) {
        memory = SessionState.memory(floats);
        copy = memory;
      }
      slab.save(slot, memory);
      taken = true;
    }
  }

  /** The copy; it is gone from here. */
  SessionState give() {
    ByteBuffer memory = copy;
    copy = null;
    if (memory == null) {
      throw new IllegalStateException("no safe copy at " + at);
    }
    return SessionState.reading(memory);
  }

  /** A copy of the copy. */
  SessionState peek() {
    ByteBuffer memory = copy;
    if (memory == null) {
      throw new IllegalStateException("no safe copy at " + at);
    }
    return SessionState.reading(SessionState.memory(floats).put(0, memory, 0, memory.capacity()));
  }
}
