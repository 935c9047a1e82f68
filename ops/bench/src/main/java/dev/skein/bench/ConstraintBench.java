package dev.skein.bench;

import dev.skein.model.grammar.Grammar;
import dev.skein.model.grammar.Guide;
import dev.skein.model.sampling.CounterRandom;
import dev.skein.model.sampling.Sampler;
import dev.skein.model.sampling.SamplingParameters;
import dev.skein.model.text.Tokenizer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a constraint costs a draw: sessions that draw from flat logits under one grammar, a step
 * after the other, on one thread. The first step of a fresh grammar is told apart: it finds out
 * what later ones know.
 */
public final class ConstraintBench {
  private final Tokenizer tokenizer;
  private final int vocabulary;
  private final int sessions;
  private final int tokens;

  public ConstraintBench(Tokenizer tokenizer, int vocabulary, int sessions, int tokens) {
    this.tokenizer = tokenizer;
    this.vocabulary = vocabulary;
    this.sessions = sessions;
    this.tokens = tokens;
  }

  /**
   * Microseconds of the masks of one step, all sessions together.
   *
   * @param median of all steps
   * @param mean of all steps
   * @param p99 that 99 of 100 steps do not exceed
   * @param greatest of all steps
   */
  public record Cost(double median, double mean, double p99, double greatest) {}

  /** Runs all sessions to their ends once. */
  public Cost run(Grammar grammar, long seed) {
    List<Guide> guides = new ArrayList<>();
    for (int session = 0; session < sessions; session++) {
      guides.add(new Guide(grammar, tokens, new int[] {0}));
    }
    Sampler sampler = new Sampler(SamplingParameters.PLAIN, null, vocabulary);
    float[] flat = new float[vocabulary];
    float[] logits = new float[vocabulary];
    List<Double> steps = new ArrayList<>();
    for (int index = 0; index < tokens; index++) {
      long nanos = 0;
      for (int session = 0; session < sessions; session++) {
        Guide guide = guides.get(session);
        if (guide.mustEnd()) {
          guide = new Guide(grammar, tokens - index + grammar.shortest(), new int[] {0});
          guides.set(session, guide);
        }
        Arrays.fill(logits, 0);
        long from = System.nanoTime();
        guide.apply(logits);
        nanos += System.nanoTime() - from;
        double uniform = CounterRandom.uniform(seed, session, 0, index);
        int token = sampler.draw(MemorySegment.ofArray(flat), uniform, guide);
        byte[] bytes = tokenizer.bytes(token);
        from = System.nanoTime();
        if (token == 0 || !guide.take(bytes)) {
          guides.set(session, new Guide(grammar, tokens + grammar.shortest(), new int[] {0}));
        }
        nanos += System.nanoTime() - from;
      }
      steps.add(nanos / 1e3);
    }
    List<Double> sorted = steps.stream().sorted().toList();
    double mean = steps.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    double p99 = sorted.get((int) Math.ceil(0.99 * sorted.size()) - 1);
    return new Cost(BenchReport.median(sorted), mean, p99, sorted.getLast());
  }
}
