package dev.skein.model.sampling;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Randomness as a function of a position, so that there is nothing to save and nothing to lose: the
 * number for (seed, turn, choice, index) is the same on every machine, in every order, after every
 * crash.
 *
 * <p>Four rounds {@code z = mix(z + (input + 1) * 0x9E3779B97F4A7C15)} over turn, choice and index,
 * begun with {@code mix(seed)}, where mix is the finaliser of SplitMix64 (Steele, Lea and Flood
 * 2014), a bijection; the upper 53 bits of the result, divided by 2^53. This definition must never
 * change: recorded turns depend on it.
 */
public final class CounterRandom {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private CounterRandom() {}

  /** A number from 0 (included) to 1 (excluded). */
  public static double uniform(long seed, int turn, int choice, int index) {
    long z = mix(seed);
    z = mix(z + (turn + 1L) * GOLDEN);
    z = mix(z + (choice + 1L) * GOLDEN);
    z = mix(z + (index + 1L) * GOLDEN);
    return (z >>> 11) * 0x1.0p-53;
  }

  /**
   * The seed of a request that brings none: the first 8 bytes of SHA-256(length of session,
   * session, request id).
   */
  public static long seed(String session, String requestId) {
    try {
      byte[] name = session.getBytes(StandardCharsets.UTF_8);
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(ByteBuffer.allocate(Integer.BYTES).putInt(name.length).array());
      sha.update(name);
      return ByteBuffer.wrap(sha.digest(requestId.getBytes(StandardCharsets.UTF_8))).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
