package dev.skein.engine.prefix;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/**
 * The places of a prompt at which a state is worth keeping, and what the state there is called. The
 * places depend on nothing but their number of tokens: every 64, and from 1,024 on every eighth of
 * the greatest power of two below, so that at most an eighth of a known beginning is read again and
 * a long prompt does not fill the cache. A name is SHA-256 over the name of the place before and
 * the ids in between; the first one is that of the tenant.
 */
final class PrefixChain {
  /** Tokens between two places. */
  static final int CHUNK = 64;

  /** A name. */
  record Key(long a, long b, long c, long d) {
    static Key of(byte[] digest) {
      ByteBuffer words = ByteBuffer.wrap(digest);
      return new Key(words.getLong(), words.getLong(), words.getLong(), words.getLong());
    }
  }

  private final int[] places;
  private final List<Key> keys = new ArrayList<>();

  /** The chain of all places before the last token: that one is always read, to draw after it. */
  PrefixChain(String tenant, int[] prompt) {
    List<Integer> all = new ArrayList<>();
    MessageDigest sha = sha256();
    byte[] name = sha.digest(tenant.getBytes(StandardCharsets.UTF_8));
    int from = 0;
    for (int to = next(0); to < prompt.length; to = next(to)) {
      ByteBuffer ids = ByteBuffer.allocate((to - from) * Integer.BYTES);
      for (int i = from; i < to; i++) {
        ids.putInt(prompt[i]);
      }
      sha.update(name);
      name = sha.digest(ids.array());
      keys.add(Key.of(name));
      all.add(to);
      from = to;
    }
    this.places = all.stream().mapToInt(Integer::intValue).toArray();
  }

  private static int next(int place) {
    return place + Math.max(CHUNK, Integer.highestOneBit(place) / 8);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  int size() {
    return places.length;
  }

  /** Tokens before the place of that number. */
  int place(int number) {
    return places[number];
  }

  Key key(int number) {
    return keys.get(number);
  }
}
