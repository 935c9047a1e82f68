package dev.skein.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * The states of many sessions in one off-heap arena, cut into slots of equal size. Which session
 * owns which slot is the caller's business. A slot is used by one thread at a time.
 *
 * <p>Inside a slot the parts stand as in {@link StateLayout}, but every head of {@code state.wkv}
 * is transposed, [key][value], because the recurrence of RWKV-7 runs along the values.
 */
public final class StateSlab implements AutoCloseable {
  private final ModelConfig config;
  private final StateLayout layout;
  private final int slots;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory;
  private final long timeShift;
  private final long channelShift;
  private final long wkv;

  /** A slab whose slots are all zero states. */
  public StateSlab(StateLayout layout, int slots) {
    if (slots < 1) {
      throw new IllegalArgumentException("a slab needs a slot, not " + slots);
    }
    this.layout = layout;
    this.config = layout.config();
    this.slots = slots;
    this.memory = arena.allocate(Math.multiplyExact(layout.bytes(), slots), 64);
    this.timeShift = 4L * layout.part("state.att_x").offset();
    this.channelShift = 4L * layout.part("state.ffn_x").offset();
    this.wkv = 4L * layout.part("state.wkv").offset();
  }

  /** Number of slots. */
  public int slots() {
    return slots;
  }

  /** The layout of its states. */
  public StateLayout layout() {
    return layout;
  }

  /** Makes the slot a new session. */
  public void zero(int slot) {
    memory.asSlice(base(slot), layout.bytes()).fill((byte) 0);
  }

  /**
   * Takes a state in the canonical order of {@link StateLayout}.
   *
   * @throws IllegalArgumentException if it is of another size
   */
  public void load(int slot, float[] state) {
    check(state);
    int heads = layout.part("state.wkv").offset();
    MemorySegment.copy(state, 0, memory, ValueLayout.JAVA_FLOAT, base(slot), heads);
    int n = config.headSize();
    long at = base(slot) + wkv;
    for (int head = heads; head < state.length; head += n * n) {
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
    int heads = layout.part("state.wkv").offset();
    MemorySegment.copy(memory, ValueLayout.JAVA_FLOAT, base(slot), state, 0, heads);
    int n = config.headSize();
    long at = base(slot) + wkv;
    for (int head = heads; head < state.length; head += n * n) {
      for (int key = 0; key < n; key++) {
        for (int value = 0; value < n; value++, at += 4) {
          state[head + value * n + key] = memory.get(ValueLayout.JAVA_FLOAT, at);
        }
      }
    }
  }

  /** Makes slot {@code to} the same session as slot {@code from}. */
  public void copy(int from, int to) {
    MemorySegment.copy(memory, base(from), memory, base(to), layout.bytes());
  }

  private void check(float[] state) {
    if (state.length != layout.floats()) {
      throw new IllegalArgumentException(
          "a state of " + layout.floats() + " floats, not " + state.length);
    }
  }

  private long base(int slot) {
    return Objects.checkIndex(slot, slots) * layout.bytes();
  }

  MemorySegment memory() {
    return memory;
  }

  /** Where the previous token's input of a layer's time mix stands. */
  long timeShift(int slot, int layer) {
    return base(slot) + timeShift + 4L * layer * config.width();
  }

  /** Where the previous token's input of a layer's channel mix stands. */
  long channelShift(int slot, int layer) {
    return base(slot) + channelShift + 4L * layer * config.width();
  }

  /** Where a head's matrix stands. */
  long wkv(int slot, int layer, int head) {
    long n = config.headSize();
    return base(slot) + wkv + 4 * n * n * ((long) layer * config.heads() + head);
  }

  void load(long offset, float[] out) {
    MemorySegment.copy(memory, ValueLayout.JAVA_FLOAT, offset, out, 0, out.length);
  }

  /** Writes {@code values[from .. from + n)} to the same place of a vector at {@code offset}. */
  void store(float[] values, int from, int n, long offset) {
    MemorySegment.copy(values, from, memory, ValueLayout.JAVA_FLOAT, offset + 4L * from, n);
  }

  @Override
  public void close() {
    arena.close();
  }
}
