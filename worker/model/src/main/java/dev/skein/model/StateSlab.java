package dev.skein.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
  private static final ValueLayout.OfFloat STORED =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

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

  /** The same from floats. */
  public void load(int slot, float[] state) {
    ByteBuffer stored = ByteBuffer.allocate(state.length * Float.BYTES);
    stored.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(state);
    load(slot, stored);
  }

  /**
   * Takes a state in the canonical order of {@link StateLayout}.
   *
   * @param state little-endian floats, from the buffer's position to its limit
   * @throws IllegalArgumentException if it is of another size
   */
  public void load(int slot, ByteBuffer state) {
    MemorySegment from = checked(state);
    long to = offset(slot);
    int plain = plainFloats();
    MemorySegment.copy(from, STORED, 0, memory, ValueLayout.JAVA_FLOAT, to, plain);
    float[] head = new float[headFloats()];
    float[] turned = new float[headFloats()];
    for (long at = 4L * plain; at < layout.bytes(); at += 4L * head.length) {
      MemorySegment.copy(from, STORED, at, head, 0, head.length);
      transpose(head, turned);
      MemorySegment.copy(turned, 0, memory, ValueLayout.JAVA_FLOAT, to + at, turned.length);
    }
  }

  /** The same into floats. */
  public void save(int slot, float[] state) {
    ByteBuffer stored = ByteBuffer.allocate(state.length * Float.BYTES);
    save(slot, stored);
    stored.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(state);
  }

  /**
   * Gives the state in the canonical order of {@link StateLayout}.
   *
   * @param state takes little-endian floats, from the buffer's position to its limit; neither moves
   * @throws IllegalArgumentException if it is of another size
   */
  public void save(int slot, ByteBuffer state) {
    MemorySegment to = checked(state);
    long from = offset(slot);
    int plain = plainFloats();
    MemorySegment.copy(memory, ValueLayout.JAVA_FLOAT, from, to, STORED, 0, plain);
    float[] head = new float[headFloats()];
    float[] turned = new float[headFloats()];
    for (long at = 4L * plain; at < layout.bytes(); at += 4L * head.length) {
      MemorySegment.copy(memory, ValueLayout.JAVA_FLOAT, from + at, head, 0, head.length);
      transpose(head, turned);
      MemorySegment.copy(turned, 0, to, STORED, at, turned.length);
    }
  }

  private int headFloats() {
    return layout.config().headSize() * layout.config().headSize();
  }

  /** The heads are small enough for the nearest cache; a slot is not. */
  private void transpose(float[] from, float[] to) {
    int n = layout.config().headSize();
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        to[i * n + j] = from[j * n + i];
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

  private MemorySegment checked(ByteBuffer state) {
    if (state.remaining() != layout.bytes()) {
      throw new IllegalArgumentException(
          "a state of %d bytes, not %d".formatted(layout.bytes(), state.remaining()));
    }
    return MemorySegment.ofBuffer(state);
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
