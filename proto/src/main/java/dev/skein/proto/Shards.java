package dev.skein.proto;

import java.nio.charset.StandardCharsets;

/**
 * The one rule session → shard: murmur2 of the session id's UTF-8 bytes, made positive by dropping
 * the sign bit, modulo the number of shards. Clients of Kafka that partition by the Java client's
 * rule agree with it without knowing it.
 *
 * <p>murmur2 is Austin Appleby's public-domain hash (32-bit, with the seed that the Java client
 * uses).
 */
public final class Shards {

  private static final int SEED = 0x9747b28c;
  private static final int MULTIPLIER = 0x5bd1e995;
  private static final int ROTATION = 24;

  private Shards() {}

  /**
   * The shard of a session, 0 to {@code shards - 1}.
   *
   * @throws IllegalArgumentException if {@code shards} is not positive
   */
  public static int of(String session, int shards) {
    return of(session.getBytes(StandardCharsets.UTF_8), shards);
  }

  /** The shard of a record's key. */
  public static int of(byte[] key, int shards) {
    if (shards <= 0) {
      throw new IllegalArgumentException("A pool has at least one shard, not " + shards + ".");
    }
    return (murmur2(key) & 0x7fffffff) % shards;
  }

  static int murmur2(byte[] data) {
    int hash = SEED ^ data.length;
    int at = 0;
    for (; at + 4 <= data.length; at += 4) {
      hash = (hash * MULTIPLIER) ^ mixed(word(data, at));
    }
    int left = data.length - at;
    if (left > 0) {
      for (int i = left - 1; i >= 0; i--) {
        hash ^= (data[at + i] & 0xff) << (8 * i);
      }
      hash *= MULTIPLIER;
    }
    hash ^= hash >>> 13;
    hash *= MULTIPLIER;
    return hash ^ (hash >>> 15);
  }

  private static int mixed(int word) {
    int k = word * MULTIPLIER;
    k ^= k >>> ROTATION;
    return k * MULTIPLIER;
  }

  private static int word(byte[] data, int at) {
    return (data[at] & 0xff)
        | (data[at + 1] & 0xff) << 8
        | (data[at + 2] & 0xff) << 16
        | (data[at + 3] & 0xff) << 24;
  }
}
