package dev.skein.kernels;

/** Test numbers: a function of a seed and an index. */
final class Numbers {
  private Numbers() {}

  /** Uniform in [-1, 1). */
  static float at(long seed, long index) {
    long z = (seed * 0x9E3779B97F4A7C15L) ^ ((index + 1) * 0xBF58476D1CE4E5B9L);
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return (int) (z >>> 32) * 0x1p-31f;
  }

  static float[] vector(long seed, int n) {
    float[] out = new float[n];
    for (int i = 0; i < n; i++) {
      out[i] = at(seed, i);
    }
    return out;
  }

  /** Mostly small, now and then twenty times larger: like real activations. */
  static float[] activations(long seed, int n) {
    float[] out = vector(seed, n);
    for (int i = 0; i < n; i += 37) {
      out[i] *= 20;
    }
    return out;
  }
}
