package dev.skein.model;

import dev.skein.model.random.RandomWeights;

/** Small shapes of every version. */
final class Shapes {
  private static final RandomWeights.Ranks RANKS = new RandomWeights.Ranks(5, 3, 2, 7, 4);

  private Shapes() {}

  /** Odd in every dimension: no vector and no panel is ever full. */
  static RandomWeights.Shape odd(Architecture architecture) {
    return new RandomWeights.Shape(architecture, 3, 60, 12, 101, 77, RANKS);
  }

  static RandomWeights.Shape usual(Architecture architecture) {
    RandomWeights.Ranks ranks = new RandomWeights.Ranks(16, 16, 8, 24, 8);
    return new RandomWeights.Shape(architecture, 2, 192, 64, 384, 300, ranks);
  }

  /** Heads of the given size, two of them. */
  static RandomWeights.Shape headSize(Architecture architecture, int n) {
    return new RandomWeights.Shape(architecture, 2, 2 * n, n, 3 * n + 1, 40, RANKS);
  }
}
