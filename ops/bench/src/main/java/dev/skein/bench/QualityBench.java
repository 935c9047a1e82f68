package dev.skein.bench;

import dev.skein.model.Batch;
import dev.skein.model.Rwkv;
import dev.skein.model.StateSlab;
import dev.skein.model.Workspace;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * What a quantisation costs: the same texts through a model in fp32 and in the other form, side by
 * side, token by token as they stand in the texts, and their distributions of the next token
 * compared at every place.
 */
public final class QualityBench {
  private final Rwkv exact;
  private final Rwkv rounded;

  /**
   * Compares two forms of one model.
   *
   * @param exact in fp32
   * @param rounded of the same shape
   */
  public QualityBench(Rwkv exact, Rwkv rounded) {
    if (exact.config().vocabulary() != rounded.config().vocabulary()) {
      throw new IllegalArgumentException("two models of different vocabularies");
    }
    this.exact = exact;
    this.rounded = rounded;
  }

  /**
   * Feeds every text from its beginning to a new session.
   *
   * @param texts of at least two tokens each
   */
  public QualityReport run(String subject, List<int[]> texts) {
    Sums sums = new Sums(exact.config().vocabulary());
    try (Side a = new Side(exact, texts);
        Side b = new Side(rounded, texts)) {
      int longest = texts.stream().mapToInt(text -> text.length).max().orElse(0);
      for (int at = 0; at + 1 < longest; at++) {
        List<MemorySegment> left = a.step(at);
        List<MemorySegment> right = b.step(at);
        for (int i = 0; i < texts.size(); i++) {
          if (at + 1 < texts.get(i).length) {
            int row = a.rows[i];
            sums.add(left.get(row), right.get(row), texts.get(i)[at + 1]);
          }
        }
      }
    }
    return sums.report(subject, rounded);
  }

  /** One of the two models with a session a text. */
  private static final class Side implements AutoCloseable {
    private final Rwkv rwkv;
    private final List<int[]> texts;
    private final StateSlab slab;
    private final Workspace workspace;
    private final Batch batch = new Batch();
    private final int[] rows;

    Side(Rwkv rwkv, List<int[]> texts) {
      this.rwkv = rwkv;
      this.texts = texts;
      this.slab = new StateSlab(rwkv.stateLayout(), texts.size());
      this.workspace = rwkv.newWorkspace(texts.size(), texts.size());
      this.rows = new int[texts.size()];
      for (int i = 0; i < texts.size(); i++) {
        slab.initial(i);
      }
    }

    /** Feeds the token at that place of all texts that go on after it. */
    List<MemorySegment> step(int at) {
      batch.clear();
      for (int i = 0; i < texts.size(); i++) {
        boolean goesOn = at + 1 < texts.get(i).length;
        rows[i] = goesOn ? batch.add(i, texts.get(i), at, 1, true) : -1;
      }
      rwkv.forward(batch, slab, workspace);
      return java.util.stream.IntStream.range(0, batch.rows()).mapToObj(workspace::logits).toList();
    }

    @Override
    public void close() {
      workspace.close();
      slab.close();
    }
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

    void add(MemorySegment left, MemorySegment right, int next) {
      MemorySegment.copy(left, ValueLayout.JAVA_FLOAT, 0, exact, 0, exact.length);
      MemorySegment.copy(right, ValueLayout.JAVA_FLOAT, 0, rounded, 0, rounded.length);
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

    QualityReport report(String subject, Rwkv rounded) {
      return new QualityReport(
          subject,
          rounded.quantization().title(),
          tokens,
          Math.exp(surpriseExact / tokens),
          Math.exp(surprise / tokens),
          divergence / tokens,
          divergenceMax,
          (double) agreed / tokens,
          rounded.bytesPerStep());
    }
  }
}
