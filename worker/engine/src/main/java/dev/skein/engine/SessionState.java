package dev.skein.engine;

import dev.skein.model.StateSlab;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The recurrent state of a session, outside of any slot: an immutable array of floats in the order
 * of the architecture's {@link dev.skein.model.StateLayout}. Equal when all bits are equal.
 */
public final class SessionState {
  private final float[] values;

  private SessionState(float[] values) {
    this.values = values;
  }

  /** A copy of the given floats. */
  public static SessionState of(float[] values) {
    return new SessionState(values.clone());
  }

  /** What a slot holds. */
  static SessionState of(StateSlab slab, int slot) {
    float[] values = new float[slab.layout().floats()];
    slab.save(slot, values);
    return new SessionState(values);
  }

  /** Takes the array over: the caller must not touch it again. */
  static SessionState owning(float[] values) {
    return new SessionState(values);
  }

  /** Reads what {@link #writeTo} wrote: the remaining bytes of the buffer, a multiple of four. */
  public static SessionState fromBytes(ByteBuffer bytes) {
    if (bytes.remaining() % Float.BYTES != 0) {
      throw new IllegalArgumentException(
          "a state is a multiple of 4 bytes, not " + bytes.remaining());
    }
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return new SessionState(values);
  }

  /** Number of floats. */
  public int floats() {
    return values.length;
  }

  /** Size in bytes as written. */
  public long bytes() {
    return (long) values.length * Float.BYTES;
  }

  /** A copy of the floats. */
  public float[] toArray() {
    return values.clone();
  }

  /** The floats themselves, for readers of this package. */
  float[] values() {
    return values;
  }

  /** Writes all floats in little-endian order at the buffer's position, which moves behind them. */
  public void writeTo(ByteBuffer out) {
    ByteBuffer view = out.slice().order(ByteOrder.LITTLE_ENDIAN);
    view.asFloatBuffer().put(values);
    out.position(out.position() + Math.toIntExact(bytes()));
  }

  /** All floats in little-endian order. */
  public byte[] toBytes() {
    byte[] out = new byte[Math.toIntExact(bytes())];
    writeTo(ByteBuffer.wrap(out));
    return out;
  }

  @Override
  public boolean equals(Object other) {
    // Arrays.equals would call +0 and -0 different and all NaN equal; bits are what the promises
    // speak of.
    return other instanceof SessionState that
        && values.length == that.values.length
        && sameBits(values, that.values);
  }

  private static boolean sameBits(float[] a, float[] b) {
    for (int i = 0; i < a.length; i++) {
      if (Float.floatToRawIntBits(a[i]) != Float.floatToRawIntBits(b[i])) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return "SessionState[" + values.length + " floats]";
  }
}
