package dev.skein.bench;

import dev.skein.engine.Generation;
import dev.skein.model.sampling.CounterRandom;
import dev.skein.model.sampling.SamplingParameters;

/**
 * The generations of a bench: session {@code i} feeds its own random prompt and draws with seed
 * {@code seed + i}. The same workload always makes the same generations.
 *
 * @param sessions how many run together
 * @param promptTokens tokens that each feeds before it draws
 * @param drawnTokens tokens that each draws; end of text does not end it
 * @param seed of prompts and draws
 * @param sampling how they draw
 */
public record Workload(
    int sessions, int promptTokens, int drawnTokens, long seed, SamplingParameters sampling) {

  /** Checks the numbers. */
  public Workload {
    if (sessions < 1 || promptTokens < 1 || drawnTokens < 1) {
      throw new IllegalArgumentException("sessions and tokens must be at least 1");
    }
  }

  /** The generation of one session. */
  public Generation generation(int session, int vocabulary) {
    return Generation.of(prompt(session, vocabulary))
        .sampling(sampling)
        .seed(seed + session)
        .maxTokens(drawnTokens)
        .ignoreEndOfText(true)
        .build();
  }

  /** Token ids from 1 on: id 0 is the end of text and would make an odd prompt. */
  int[] prompt(int session, int vocabulary) {
    int[] ids = new int[promptTokens];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = 1 + (int) (CounterRandom.uniform(seed, session, 0, i) * (vocabulary - 1));
    }
    return ids;
  }
}
