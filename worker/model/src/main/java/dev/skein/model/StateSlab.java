package dev.skein.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * The states of many sessions in one off-heap arena, cut into slots of equal size. Which session
 * owns which slot is the caller's business. A slot is used by one thread at a time.
 *
 * <p>Inside a slot the parts stand as in {@link StateLayout}, but in RWKV-7 every head of {@code
 * state.wkv} is transposed, [key][value], because the recurrence runs along the values in all
 * versions.
 */
public final class StateSlab implements AutoCloseable {
  private final StateLayout layout;
  private final boolean transposed;
  private final int slots;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory;

  /** A slab whose slots are all new sessions. */
  public StateSlab(StateLayout layout, int slots) {
    if (slots < 1) {
      throw new IllegalArgumentException("a slab needs a slot, not " + slots);
    }
    this.layout = layout;
    this.transposed = layout.config().architecture() == Architecture.V7;
    this.slots = slots;
    this.memory = arena.allocate(Math.multiplyExact(layout.bytes(), slots), 64);
    if (layout.initialOrNull() != null) {
      for (int slot = 0; slot < slots; slot++) {
        initial(slot);
      }
    }
  }

  /** Number of slots. */
  public int slots() {
    return slots;
  }

  /** The layout of its states. */
  public StateLayout layout() {
    return layout;
  }

  /** Makes the slot a new session: one that begins with {@link StateLayout#initial}. */
  public void initial(int slot) {
    float[] state = layout.initialOrNull();
    if (state == null) {
      memory.asSlice(offset(slot), layout.bytes()).fill((byte) 0);
    } else {
      load(slot, state);
    }
  }

  /**
   * Takes a state in the canonical order of {@link StateLayout}.
   *
   * @throws IllegalArgumentException if it is of another size
   */
  public void load(int slot, float[] state) {
    check(state);
    int plain = plainFloats();
    MemorySegment.copy(state, 0, memory, ValueLayout.JAVA_FLOAT, offset(slot), plain);
    int n = layout.config().headSize();
    long at = offset(slot) + 4L * plain;
    for (int head = plain; head < state.length; head += n * n) {
      for (int key = 0; key < n; key++) {
        for (int value = 0; value < n; value++, at += 4) {
          memory.set(ValueLayout.JAVA_FLOAT, at, state[head + value * n + key]);
        }
      }
    }
  }

  /**
   * Gives the state in the canonical order of {@link StateLayout}.
   *
   * @throws IllegalArgumentException if the array is of another size
   */
  public void save(int slot, float[] state) {
    check(state);
    int plain = plainFloats();
    MemorySegment.copy(memory, ValueLayout.JAVA_FLOAT, offset(slot), state, 0, plain);
    int n = layout.config().headSize();
    long at = offset(slot) + 4L * plain;
    for (int head = plain; head < state.length; head += n * n) {
      for (int key = 0; key < n; key++) {
        for (int value = 0; value < n; value++, at += 4) {
          state[head + value * n + key] = memory.get(ValueLayout.JAVA_FLOAT, at);
        }
      }
    }
  }

  /** How many floats of a slot stand in the canonical order. */
  private int plainFloats() {
    return transposed ? layout.part("state.wkv").offset() : layout.floats();
  }

  /** Makes slot {@code to} the same session as slot {@code from}. */
  public void copy(int from, int to) {
    MemorySegment.copy(memory, offset(from), memory, offset(to), layout.bytes());
  }

  private void check(float[] state) {
    if (state.length != layout.floats()) {
      throw new IllegalArgumentException(
          "a state of " + layout.floats() + " floats, not " + state.length);
    }
  }

  /** All slots one after another; the blocks of a step work on it in place. */
  public MemorySegment memory() {
    return memory;
  }

  /** Where a slot begins in {@link #memory}, in bytes. */
  public long offset(int slot) {
    return Objects.checkIndex(slot, slots) * layout.bytes();
  }

  @Override
  public void close() {
    arena.close();
  }
}
