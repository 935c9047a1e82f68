package dev.skein.model.sampling;

import dev.skein.model.text.Tokenizer;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Draws the tokens of one turn. {@link #draw} changes nothing; {@link #accept} tells which token
 * was taken, which may be another one than was drawn (a token that the log has seen already). One
 * thread owns a sampler.
 *
 * <p>Order, as in BlinkDL's {@code sample_logits}: penalties and bias; softmax; top-p; top-k;
 * min-p; typical-p; {@code p^(1/T)}; then the first token, by id, at which the running sum of what
 * is left exceeds the uniform number.
 */
public final class Sampler {
  private static final String EXEMPT = " \t0123456789";

  private final SamplingParameters parameters;
  private final @Nullable Tokenizer tokenizer;
  private final SamplerWorkspace workspace;
  private final PenaltyTable penalties;

  /**
   * A sampler with memory of its own. The tokenizer only tells which tokens the frequency penalty
   * spares.
   */
  public Sampler(SamplingParameters parameters, @Nullable Tokenizer tokenizer, int vocabulary) {
    this(parameters, tokenizer, new SamplerWorkspace(vocabulary));
  }

  /** A sampler that borrows its memory. */
  public Sampler(
      SamplingParameters parameters, @Nullable Tokenizer tokenizer, SamplerWorkspace workspace) {
    this(parameters, tokenizer, workspace, new PenaltyTable());
  }

  /** A sampler that continues with the counts of another one. */
  public Sampler(
      SamplingParameters parameters,
      @Nullable Tokenizer tokenizer,
      SamplerWorkspace workspace,
      PenaltyTable penalties) {
    this.parameters = parameters;
    this.tokenizer = tokenizer;
    this.workspace = workspace;
    this.penalties = penalties;
  }

  public SamplingParameters parameters() {
    return parameters;
  }

  /** What the draws so far cost in penalties. */
  public PenaltyTable penalties() {
    return penalties;
  }

  /**
   * The next token.
   *
   * @param logits one float a token of the vocabulary; not changed
   * @param uniform from 0 (included) to 1 (excluded)
   * @throws ArithmeticException if the logits are not finite
   */
  public int draw(MemorySegment logits, double uniform) {
    workspace.load(logits);
    adjust(workspace.logits);
    float greatest = workspace.greatest();
    if (parameters.greedy()) {
      return firstOf(workspace.logits, greatest);
    }
    if (parameters.cuts()) {
      int count = temper(cut(workspace.exponentiate(greatest, 1)), greatest);
      return workspace.candidates[workspace.pick(workspace.probabilities, count, uniform)];
    }
    workspace.exponentiate(greatest, parameters.temperature());
    return workspace.pick(workspace.weights, workspace.vocabulary(), uniform);
  }

  /** Counts a token that was taken. */
  public void accept(int token) {
    if (parameters.penalizes() && token >= 0 && token < workspace.vocabulary()) {
      penalties.add(token, parameters.penaltyDecay(), exempt(token));
    }
  }

  private void adjust(float[] logits) {
    if (parameters.penalizes()) {
      penalties.apply(logits, parameters.presencePenalty(), parameters.frequencyPenalty());
    }
    for (Map.Entry<Integer, Float> bias : parameters.logitBias().entrySet()) {
      if (bias.getKey() < logits.length) {
        logits[bias.getKey()] += bias.getValue();
      }
    }
  }

  private static int firstOf(float[] logits, float greatest) {
    int i = 0;
    while (logits[i] != greatest) {
      i++;
    }
    return i;
  }

  /**
   * Leaves the candidates in order of their ids; their weights are relative to the greatest, which
   * is 1.
   *
   * @param total of all weights
   */
  private int cut(double total) {
    float topP = parameters.topP();
    // All tokens below this together have less than 1 - topP, so none of them is needed to reach
    // topP.
    float least = topP < 1 ? (float) ((1 - topP) * total / workspace.vocabulary()) : 0;
    int count = keep(least);
    if (topP < 1) {
      count = keep(workspace.cutoff.bySum(workspace.probabilities, count, least, topP * total));
    }
    if (parameters.topK() > 0 && parameters.topK() < count) {
      count =
          drop(count, workspace.cutoff.byRank(workspace.probabilities, count, parameters.topK()));
    }
    if (parameters.minP() > 0) {
      count = drop(count, parameters.minP());
    }
    return parameters.typicalP() < 1 ? typical(count) : count;
  }

  /** Makes candidates of all tokens with at least that weight. */
  private int keep(float least) {
    return workspace.kernels.keep(
        workspace.weights, least, workspace.candidates, workspace.probabilities);
  }

  private int drop(int count, float least) {
    int left = 0;
    for (int i = 0; i < count; i++) {
      if (workspace.probabilities[i] >= least) {
        workspace.candidates[left] = workspace.candidates[i];
        workspace.probabilities[left++] = workspace.probabilities[i];
      }
    }
    return left;
  }

  /**
   * Keeps the candidates whose surprise is closest to the expected one, until they reach typicalP
   * of what is left.
   */
  private int typical(int count) {
    double total = 0;
    double expected = 0;
    double[] surprise = new double[count];
    for (int i = 0; i < count; i++) {
      float p = workspace.probabilities[i];
      surprise[i] = p == 0 ? 1e9 : -StrictMath.log(p);
      total += p;
      expected += p * surprise[i];
    }
    long[] order = new long[count];
    for (int i = 0; i < count; i++) {
      float distance = (float) Math.abs(surprise[i] - expected / total);
      order[i] = (long) Float.floatToRawIntBits(distance) << 32 | i;
    }
    Arrays.sort(order);
    boolean[] kept = new boolean[count];
    double reached = 0;
    for (int i = 0; i < count && reached < parameters.typicalP() * total; i++) {
      kept[(int) order[i]] = true;
      reached += workspace.probabilities[(int) order[i]];
    }
    int left = 0;
    for (int i = 0; i < count; i++) {
      if (kept[i]) {
        workspace.candidates[left] = workspace.candidates[i];
        workspace.probabilities[left++] = workspace.probabilities[i];
      }
    }
    return left;
  }

  /** Turns probabilities into p^(1/T), again relative to the greatest logit. */
  private int temper(int count, float greatest) {
    float temperature = parameters.temperature();
    if (temperature != 1) {
      for (int i = 0; i < count; i++) {
        float logit = workspace.logits[workspace.candidates[i]];
        workspace.probabilities[i] = (logit - greatest) / temperature;
      }
      workspace.kernels.exp(workspace.probabilities, count);
    }
    return count;
  }

  /**
   * The reference spares every token whose text is a piece of this string: a space, a tab, runs of
   * digits, nothing.
   */
  private boolean exempt(int token) {
    return tokenizer != null
        && EXEMPT.contains(new String(tokenizer.bytes(token), StandardCharsets.UTF_8));
  }
}
