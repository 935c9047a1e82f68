package dev.skein.store;

import dev.skein.proto.OffsetTable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Where each session's newest manifest lies. It may point to the record of another session of the
 * same hash; who reads a record through it checks the key, finds the right one by scanning, and
 * tells the table by {@link #pin}.
 */
final class ManifestTable {
  private final OffsetTable table;
  private final Map<String, Long> pinned = new HashMap<>();

  /** With a hash that needs no secret. */
  ManifestTable() {
    this(ManifestTable::sha256);
  }

  /**
   * @param hash of session ids, which are chosen by clients, who must not be able to make them
   *     collide
   */
  ManifestTable(ToLongFunction<byte[]> hash) {
    this.table = new OffsetTable(hash);
  }

  int size() {
    return table.size();
  }

  /** The offset to look at, or -1 if the session has no manifest. */
  long find(byte[] session) {
    if (!pinned.isEmpty()) {
      Long exact = pinned.get(name(session));
      if (exact != null) {
        return exact;
      }
    }
    return table.find(session);
  }

  void put(byte[] session, long offset) {
    if (!pinned.isEmpty()) {
      pinned.computeIfPresent(name(session), (name, old) -> offset);
    }
    table.put(session, offset);
  }

  /**
   * Remembers where a session's manifest lies whose hash points to another session's; -1 for
   * nowhere.
   */
  void pin(byte[] session, long offset) {
    pinned.put(name(session), offset);
  }

  private static String name(byte[] session) {
    return new String(session, StandardCharsets.ISO_8859_1);
  }

  private static long sha256(byte[] session) {
    try {
      return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(session)).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256.", e);
    }
  }
}
