package dev.skein.engine.prefix;

/**
 * Limits of a prefix cache.
 *
 * @param bytes memory for states, off heap, taken as it is needed; below one state: no cache
 * @param verifyEvery one hit in so many is computed again and compared
 */
public record PrefixOptions(long bytes, int verifyEvery) {
  /** No cache. */
  public static final PrefixOptions NONE = new PrefixOptions(0, 64);

  /** Checks the limits. */
  public PrefixOptions {
    if (bytes < 0 || verifyEvery < 1) {
      throw new IllegalArgumentException(
          "a prefix cache has 0 bytes or more and verifies one hit in 1 or more");
    }
  }

  /** 256 MB; one hit in 64 is verified. */
  public static PrefixOptions defaults() {
    return new PrefixOptions(256L << 20, 64);
  }
}
