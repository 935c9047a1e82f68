package dev.skein.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Where each session's newest manifest lies: a hash of the session id (64 bits) → offset, open
 * addressing, 16 bytes a place and at most three of four places taken, so that a million sessions
 * cost about 32 MB. It may point to the record of another session of the same hash; who reads a
 * record through it checks the key, finds the right one by scanning, and tells the table by {@link
 * #pin}.
 */
final class ManifestTable {

  private static final long EMPTY = -1;
  private static final int PLACES_AT_FIRST = 64;

  private final ToLongFunction<byte[]> hash;
  private final Map<String, Long> pinned = new HashMap<>();
  private long[] hashes = new long[PLACES_AT_FIRST];
  private long[] offsets = emptyPlaces(PLACES_AT_FIRST);
  private int size;

  ManifestTable() {
    this(ManifestTable::sha256);
  }

  ManifestTable(ToLongFunction<byte[]> hash) {
    this.hash = hash;
  }

  int size() {
    return size;
  }

  /** The offset to look at, or -1 if the session has no manifest. */
  long find(byte[] session) {
    if (!pinned.isEmpty()) {
      Long exact = pinned.get(name(session));
      if (exact != null) {
        return exact;
      }
    }
    return offsets[place(hash.applyAsLong(session))];
  }

  void put(byte[] session, long offset) {
    if (!pinned.isEmpty()) {
      pinned.computeIfPresent(name(session), (name, old) -> offset);
    }
    long key = hash.applyAsLong(session);
    int place = place(key);
    if (offsets[place] == EMPTY && ++size > hashes.length / 4 * 3) {
      grow();
      place = place(key);
    }
    hashes[place] = key;
    offsets[place] = offset;
  }

  /**
   * Remembers where a session's manifest lies whose hash points to another session's; -1 for
   * nowhere.
   */
  void pin(byte[] session, long offset) {
    pinned.put(name(session), offset);
  }

  private int place(long key) {
    int mask = hashes.length - 1;
    int place = (int) (key ^ (key >>> 32)) & mask;
    while (offsets[place] != EMPTY && hashes[place] != key) {
      place = (place + 1) & mask;
    }
    return place;
  }

  private void grow() {
    long[] oldHashes = hashes;
    long[] oldOffsets = offsets;
    hashes = new long[oldHashes.length * 2];
    offsets = emptyPlaces(hashes.length);
    for (int i = 0; i < oldHashes.length; i++) {
      if (oldOffsets[i] != EMPTY) {
        int place = place(oldHashes[i]);
        hashes[place] = oldHashes[i];
        offsets[place] = oldOffsets[i];
      }
    }
  }

  private static long[] emptyPlaces(int count) {
    long[] places = new long[count];
    Arrays.fill(places, EMPTY);
    return places;
  }

  private static String name(byte[] session) {
    return new String(session, StandardCharsets.ISO_8859_1);
  }

  /**
   * Not a faster hash: session ids are chosen by clients, who must not be able to make them
   * collide.
   */
  private static long sha256(byte[] session) {
    try {
      return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(session)).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256.", e);
    }
  }
}
