package dev.skein.engine;

import dev.skein.engine.prefix.PrefixOptions;

/**
 * Limits of an engine.
 *
 * @param slots how many sequences run at a time; each costs one state of off-heap memory
 * @param tokensPerStep token budget of one step; at least {@code slots}, so that every running
 *     sequence advances every step. A larger budget reads prompts faster and makes the sequences
 *     that are decoding wait longer between tokens
 * @param queue how many generations may wait for a slot
 * @param prefixes the cache of states after the beginnings of prompts
 * @param stepsPerSecond how many steps at most, to leave the processors to others; 0 for no limit
 */
public record EngineOptions(
    int slots, int tokensPerStep, int queue, PrefixOptions prefixes, int stepsPerSecond) {
  /** Limits of an engine that remembers no beginnings. */
  public EngineOptions(int slots, int tokensPerStep, int queue) {
    this(slots, tokensPerStep, queue, PrefixOptions.NONE, 0);
  }

  /** Checks the limits. */
  public EngineOptions {
    if (slots < 1) {
      throw new IllegalArgumentException("slots must be at least 1, not " + slots);
    }
    if (tokensPerStep < slots) {
      throw new IllegalArgumentException(
          "tokensPerStep must be at least the number of slots (%d), not %d"
              .formatted(slots, tokensPerStep));
    }
    if (queue < 1) {
      throw new IllegalArgumentException("queue must be at least 1, not " + queue);
    }
    if (stepsPerSecond < 0) {
      throw new IllegalArgumentException(
          "stepsPerSecond must be at least 0, not " + stepsPerSecond);
    }
  }

  /** 32 slots, 128 tokens a step, 1,024 waiting generations, 256 MB for beginnings. */
  public static EngineOptions defaults() {
    return new EngineOptions(32, 128, 1024, PrefixOptions.defaults(), 0);
  }

  /** The same with another number of slots; the token budget grows with it where it must. */
  public EngineOptions withSlots(int slots) {
    return new EngineOptions(
        slots, Math.max(tokensPerStep, slots), queue, prefixes, stepsPerSecond);
  }

  /** The same with another token budget. */
  public EngineOptions withTokensPerStep(int tokensPerStep) {
    return new EngineOptions(slots, tokensPerStep, queue, prefixes, stepsPerSecond);
  }

  /** The same with another queue limit. */
  public EngineOptions withQueue(int queue) {
    return new EngineOptions(slots, tokensPerStep, queue, prefixes, stepsPerSecond);
  }

  /** The same with another cache of beginnings. */
  public EngineOptions withPrefixes(PrefixOptions prefixes) {
    return new EngineOptions(slots, tokensPerStep, queue, prefixes, stepsPerSecond);
  }

  /** The same with another limit of steps a second; 0 for none. */
  public EngineOptions withStepsPerSecond(int stepsPerSecond) {
    return new EngineOptions(slots, tokensPerStep, queue, prefixes, stepsPerSecond);
  }
}
