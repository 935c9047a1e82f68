package dev.skein.proto;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.function.ToLongFunction;

/**
 * SipHash-2-4, the 64-bit hash with a secret key by Jean-Philippe Aumasson and Daniel J. Bernstein.
 * Names are chosen by clients, who cannot make them collide while they do not know the key; and it
 * takes a fiftieth of the time of SHA-256.
 */
public final class SipHash implements ToLongFunction<byte[]> {
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final long key0;
  private final long key1;

  /**
   * @param key0 first half of the key, drawn by a process for itself
   * @param key1 second half
   */
  public SipHash(long key0, long key1) {
    this.key0 = key0;
    this.key1 = key1;
  }

  @Override
  public long applyAsLong(byte[] name) {
    long v0 = key0 ^ 0x736f6d6570736575L;
    long v1 = key1 ^ 0x646f72616e646f6dL;
    long v2 = key0 ^ 0x6c7967656e657261L;
    long v3 = key1 ^ 0x7465646279746573L;
    int whole = name.length & ~7;
    for (int at = 0; at <= whole + 8; at += 8) {
      boolean isEnd = at > whole;
      long word = at < whole ? (long) WORD.get(name, at) : isEnd ? 0 : rest(name, whole);
      v3 ^= word;
      v2 ^= isEnd ? 0xff : 0;
      for (int round = isEnd ? 4 : 2; round > 0; round--) {
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
      v0 ^= word;
    }
    return v0 ^ v1 ^ v2 ^ v3;
  }

  /** The bytes behind the last whole word, and the length in the highest byte. */
  private static long rest(byte[] name, int from) {
    long word = (long) name.length << 56;
    for (int i = name.length - 1; i >= from; i--) {
      word |= (name[i] & 0xffL) << (8 * (i - from));
    }
    return word;
  }
}
