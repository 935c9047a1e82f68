package dev.skein.engine;

import dev.skein.model.StateSlab;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The recurrent state of a session, outside of any slot: immutable, the floats of the
 * architecture's {@link dev.skein.model.StateLayout} in its order. It lies in memory as it is
 * stored, float32 and little endian, so that storing and reading it copy nothing. Equal when all
 * bits are equal.
 */
public final class SessionState {
  private final ByteBuffer stored;

  private SessionState(ByteBuffer stored) {
    this.stored = stored.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A copy of the given floats. */
  public static SessionState of(float[] values) {
    ByteBuffer stored = memory(values.length);
    stored.asFloatBuffer().put(values);
    return new SessionState(stored);
  }

  /** What a slot holds. */
  static SessionState of(StateSlab slab, int slot) {
    ByteBuffer stored = memory(slab.layout().floats());
    slab.save(slot, stored);
    return new SessionState(stored);
  }

  /** Memory of a state of so many floats. */
  static ByteBuffer memory(int floats) {
    return ByteBuffer.allocate(Math.multiplyExact(floats, Float.BYTES))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * The state whose {@link #stored} form the remaining bytes are. Takes them over: they must not
   * change any more.
   *
   * @throws IllegalArgumentException if they are no multiple of four
   */
  public static SessionState reading(ByteBuffer bytes) {
    if (bytes.remaining() % Float.BYTES != 0) {
      throw new IllegalArgumentException(
          "a state is a multiple of 4 bytes, not " + bytes.remaining());
    }
    return new SessionState(bytes);
  }

  /** Number of floats. */
  public int floats() {
    return stored.remaining() / Float.BYTES;
  }

  /** Size in bytes as stored. */
  public long bytes() {
    return stored.remaining();
  }

  /** A copy of the floats. */
  public float[] toArray() {
    float[] values = new float[floats()];
    stored.asFloatBuffer().get(values);
    return values;
  }

  /** All floats, little endian; not a copy, and read-only. */
  public ByteBuffer stored() {
    return stored.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SessionState that && stored.equals(that.stored);
  }

  @Override
  public int hashCode() {
    return stored.hashCode();
  }

  @Override
  public String toString() {
    return "SessionState[" + floats() + " floats]";
  }
}
