package dev.skein.store;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A record as it lies in a partition. The arrays are the record's own: nobody changes them. */
public final class LogRecord {

  private final long offset;
  private final byte @Nullable [] key;
  private final byte @Nullable [] value;

  /** A record that was read. */
  public LogRecord(long offset, byte @Nullable [] key, byte @Nullable [] value) {
    this.offset = offset;
    this.key = key;
    this.value = value;
  }

  /** Where it lies. */
  public long offset() {
    return offset;
  }

  /** Its key as it is. */
  public byte @Nullable [] key() {
    return key;
  }

  /** Its value; null for a tombstone. */
  public byte @Nullable [] value() {
    return value;
  }

  /** Whether this is the key. */
  public boolean hasKey(byte[] other) {
    return Arrays.equals(key, other);
  }
}
