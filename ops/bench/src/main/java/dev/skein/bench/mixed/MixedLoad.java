package dev.skein.bench.mixed;

import dev.skein.engine.Generation;
import dev.skein.model.sampling.CounterRandom;
import dev.skein.model.sampling.SamplingParameters;

/**
 * Sessions that come at random and go at random. Gaps between arrivals, lengths of prompts and of
 * replies are exponential (a Poisson process whose sessions leave without memory); each is a
 * function of the seed and the number of the arrival.
 *
 * @param sessions places; who comes when all are taken waits
 * @param seconds how long
 * @param promptMean mean tokens of a prompt
 * @param replyMean mean tokens of a reply
 * @param seed of everything random
 * @param sampling how tokens are drawn
 */
public record MixedLoad(
    int sessions,
    double seconds,
    int promptMean,
    int replyMean,
    long seed,
    SamplingParameters sampling) {
  private static final int LONGEST = 8;

  private static final int GAP = 0;
  private static final int PROMPT_LENGTH = 1;
  private static final int REPLY_LENGTH = 2;
  private static final int FIRST_TOKEN = 3;

  /** Checks the numbers. */
  public MixedLoad {
    if (sessions < 1 || promptMean < 1 || replyMean < 1 || !(seconds > 0)) {
      throw new IllegalArgumentException("sessions, seconds and lengths must be above 0");
    }
  }

  /** Nanoseconds between an arrival and the one before. */
  long gapNanos(int arrival, double perSecond) {
    return (long) (1e9 * exponential(arrival, GAP) / perSecond);
  }

  /** What an arrival asks for. */
  Generation generation(int arrival, int vocabulary) {
    int[] prompt = new int[length(arrival, PROMPT_LENGTH, promptMean)];
    for (int i = 0; i < prompt.length; i++) {
      double u = CounterRandom.uniform(seed, arrival, 1, FIRST_TOKEN + i);
      prompt[i] = 1 + (int) (u * (vocabulary - 1));
    }
    return Generation.of(prompt)
        .sampling(sampling)
        .seed(seed + arrival)
        .maxTokens(length(arrival, REPLY_LENGTH, replyMean))
        .ignoreEndOfText(true)
        .build();
  }

  private int length(int arrival, int what, int mean) {
    return Math.clamp(Math.round(mean * exponential(arrival, what)), 1, LONGEST * mean);
  }

  /** Exponential with mean 1. */
  private double exponential(int arrival, int what) {
    return -Math.log1p(-CounterRandom.uniform(seed, arrival, 1, what));
  }
}
