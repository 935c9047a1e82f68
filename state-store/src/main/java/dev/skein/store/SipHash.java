package dev.skein.store;

import java.security.SecureRandom;

/**
 * SipHash-2-4 (Aumasson and Bernstein): as fast as a hash for a table should be, and whoever does
 * not know the key cannot choose names that collide.
 *
 * @param k0 the first eight bytes of the key, little endian
 * @param k1 the others
 */
record SipHash(long k0, long k1) {
  private static final int ROUNDS_A_WORD = 2;
  private static final int ROUNDS_AT_LAST = 4;

  /** With a key that nobody knows. */
  static SipHash withRandomKey() {
    SecureRandom random = new SecureRandom();
    return new SipHash(random.nextLong(), random.nextLong());
  }

  long of(byte[] data) {
    Lanes lanes = new Lanes(this);
    int whole = data.length & ~7;
    for (int at = 0; at < whole; at += Long.BYTES) {
      lanes.take(word(data, at, Long.BYTES));
    }
    lanes.take(word(data, whole, data.length - whole) | (long) data.length << 56);
    return lanes.end();
  }

  private static long word(byte[] data, int from, int bytes) {
    long word = 0;
    for (int i = 0; i < bytes; i++) {
      word |= (data[from + i] & 0xffL) << (8 * i);
    }
    return word;
  }

  private static final class Lanes {
    private long v0;
    private long v1;
    private long v2;
    private long v3;

    Lanes(SipHash key) {
      v0 = key.k0 ^ 0x736f6d6570736575L;
      v1 = key.k1 ^ 0x646f72616e646f6dL;
      v2 = key.k0 ^ 0x6c7967656e657261L;
      v3 = key.k1 ^ 0x7465646279746573L;
    }

    void take(long word) {
      v3 ^= word;
      mix(ROUNDS_A_WORD);
      v0 ^= word;
    }

    long end() {
      v2 ^= 0xff;
      mix(ROUNDS_AT_LAST);
      return v0 ^ v1 ^ v2 ^ v3;
    }

    private void mix(int rounds) {
      for (int i = 0; i < rounds; i++) {
        v0 += v1;
        v1 = Long.rotateLeft(v1, 13) ^ v0;
        v0 = Long.rotateLeft(v0, 32);
        v2 += v3;
        v3 = Long.rotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = Long.rotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = Long.rotateLeft(v1, 17) ^ v2;
        v2 = Long.rotateLeft(v2, 32);
      }
    }
  }
}
