package dev.skein.bench;

import java.util.List;

/**
 * What a quantisation costs: the same texts through a model in fp32 and in another form, token by
 * token as they stand in the texts, and their distributions of the next token compared at every
 * place.
 */
public final class QualityBench {
  private final Predictions exact;
  private final Predictions other;

  /**
   * Compares two forms of one model, which have been given the same texts and nothing of them yet.
   *
   * @param exact in fp32
   * @param other of the same vocabulary
   */
  public QualityBench(Predictions exact, Predictions other) {
    if (exact.vocabulary() != other.vocabulary()) {
      throw new IllegalArgumentException("two models of different vocabularies");
    }
    this.exact = exact;
    this.other = other;
  }

  /**
   * Feeds every text from its beginning to a new session.
   *
   * @param texts of at least two tokens each
   */
  public QualityReport run(String subject, List<int[]> texts) {
    Sums sums = new Sums(exact.vocabulary());
    int longest = texts.stream().mapToInt(text -> text.length).max().orElse(0);
    for (int at = 0; at + 1 < longest; at++) {
      exact.feed(at);
      other.feed(at);
      for (int i = 0; i < texts.size(); i++) {
        if (at + 1 < texts.get(i).length) {
          exact.logits(i, sums.exact);
          other.logits(i, sums.rounded);
          sums.add(texts.get(i)[at + 1]);
        }
      }
    }
    return sums.report(subject, other);
  }

  /** Adds up in double precision. */
  private static final class Sums {
    private final float[] exact;
    private final float[] rounded;
    private long tokens;
    private long agreed;
    private double divergence;
    private double divergenceMax;
    private double surprise;
    private double surpriseExact;

    Sums(int vocabulary) {
      exact = new float[vocabulary];
      rounded = new float[vocabulary];
    }

    /** Compares what stands in the two arrays; {@code next} is the token that came. */
    void add(int next) {
      double p = logSum(exact);
      double q = logSum(rounded);
      double kl = 0;
      for (int i = 0; i < exact.length; i++) {
        kl += Math.exp(exact[i] - p) * ((exact[i] - p) - (rounded[i] - q));
      }
      tokens++;
      agreed += best(exact) == best(rounded) ? 1 : 0;
      divergence += kl;
      divergenceMax = Math.max(divergenceMax, kl);
      surpriseExact += p - exact[next];
      surprise += q - rounded[next];
    }

    private static double logSum(float[] logits) {
      double max = logits[best(logits)];
      double sum = 0;
      for (float x : logits) {
        sum += Math.exp(x - max);
      }
      return max + Math.log(sum);
    }

    private static int best(float[] logits) {
      int best = 0;
      for (int i = 1; i < logits.length; i++) {
        best = logits[i] > logits[best] ? i : best;
      }
      return best;
    }

    QualityReport report(String subject, Predictions form) {
      return new QualityReport(
          subject,
          form.form(),
          tokens,
          Math.exp(surpriseExact / tokens),
          Math.exp(surprise / tokens),
          divergence / tokens,
          divergenceMax,
          (double) agreed / tokens,
          form.bytesPerStep());
    }
  }
}
