package dev.skein.store;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/** Tells records apart by what is in them, wherever they lie. */
public final class RecordPrint {

  /** So many records in a row are taken for a place in the log. */
  public static final int PLACE = 16;

  private RecordPrint() {}

  /** Of a record's key and value. */
  public static long of(byte @Nullable [] key, byte @Nullable [] value) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] known = key == null ? new byte[0] : key;
      digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, known.length));
      digest.update(known);
      digest.update(value == null ? new byte[0] : value);
      return ByteBuffer.wrap(digest.digest()).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256.", e);
    }
  }
}
