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
 */
public record EngineOptions(int slots, int tokensPerStep, int queue, PrefixOptions prefixes) {
  /** Limits of an engine that remembers no beginnings. */
  public EngineOptions(int slots, int tokensPerStep, int queue) {
    this(slots, tokensPerStep, queue, PrefixOptions.NONE);
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
  }

  /** 32 slots, 128 tokens a step, 1,024 waiting generations, 256 MB for beginnings. */
  public static EngineOptions defaults() {
    return new EngineOptions(32, 128, 1024, PrefixOptions.defaults());
  }

  /** The same with another number of slots; the token budget grows with it where it must. */
  public EngineOptions withSlots(int slots) {
    return new EngineOptions(slots, Math.max(tokensPerStep, slots), queue, prefixes);
  }

  /** The same with another token budget. */
  public EngineOptions withTokensPerStep(int tokensPerStep) {
    return new EngineOptions(slots, tokensPerStep, queue, prefixes);
  }

  /** The same with another queue limit. */
  public EngineOptions withQueue(int queue) {
    return new EngineOptions(slots, tokensPerStep, queue, prefixes);
  }

  /** The same with another cache of beginnings. */
  public EngineOptions withPrefixes(PrefixOptions prefixes) {
    return new EngineOptions(slots, tokensPerStep, queue, prefixes);
  }
}
