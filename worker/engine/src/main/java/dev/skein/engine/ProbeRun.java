package dev.skein.engine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * A probe on its way through a prompt. It looks at the positions {@code first .. end} (position
 * {@code p} is after prompt token {@code p}); there the sequence wants logits after every token.
 */
final class ProbeRun {
  private final Probe probe;
  private final int[] prompt;
  private final int first;
  private final int end;
  private final double[] logprobs;
  private final int[] likeliest;
  private float[] hidden = {};
  private double[] sum = {};

  /**
   * @throws IllegalArgumentException if the first scored token lies behind the prompt
   */
  ProbeRun(Probe probe, int[] prompt) {
    this.probe = probe;
    this.prompt = prompt;
    int scored = probe.scoredFrom() == 0 ? 0 : prompt.length - probe.scoredFrom();
    if (scored < 0) {
      throw new IllegalArgumentException("the first scored token lies behind the prompt");
    }
    this.logprobs = new double[scored];
    this.likeliest = new int[scored];
    boolean vectors = probe.hidden() || probe.mean();
    this.end = vectors ? prompt.length : scored > 0 ? prompt.length - 1 : 0;
    int firstScored = scored > 0 ? probe.scoredFrom() - 1 : end;
    int firstVector = probe.mean() ? 0 : probe.hidden() ? prompt.length - 1 : end;
    this.first = Math.min(firstScored, firstVector);
  }

  /** The position at which everything is found out. */
  int end() {
    return end;
  }

  /** Whether the token at that position is one to look behind. */
  boolean covers(int position) {
    return first <= position && position < end;
  }

  /** A row that begins at {@code from} lies either in the probed part or outside of it. */
  int cut(int from, int to) {
    return from < first ? Math.min(first, to) : from < end ? Math.min(end, to) : to;
  }

  /**
   * Notes what the model says after a position; positions may be looked at by several threads.
   *
   * @throws ArithmeticException if a logit is no number
   */
  void look(int position, MemorySegment logits) {
    int i = position + 1 - probe.scoredFrom();
    if (probe.scoredFrom() == 0 || i < 0 || i >= logprobs.length) {
      return;
    }
    int best = likeliest(logits);
    double greatest = logit(logits, best);
    long count = logits.byteSize() / Float.BYTES;
    double total = 0;
    for (long id = 0; id < count; id++) {
      total += StrictMath.exp(logit(logits, id) - greatest);
    }
    if (!Double.isFinite(total)) {
      throw new ArithmeticException(
          "the model gave a logit that is no finite number: its weights or the state are damaged");
    }
    likeliest[i] = best;
    logprobs[i] = logit(logits, prompt[position + 1]) - greatest - StrictMath.log(total);
  }

  private static int likeliest(MemorySegment logits) {
    int best = 0;
    for (int id = 1; id < logits.byteSize() / Float.BYTES; id++) {
      if (logit(logits, id) > logit(logits, best)) {
        best = id;
      }
    }
    return best;
  }

  private static float logit(MemorySegment logits, long id) {
    return logits.getAtIndex(ValueLayout.JAVA_FLOAT, id);
  }

  /** Takes the vector after a position; positions come in order. */
  void take(int position, MemorySegment vector) {
    if (probe.mean()) {
      sum = sum.length == 0 ? new double[(int) (vector.byteSize() / Float.BYTES)] : sum;
      for (int i = 0; i < sum.length; i++) {
        sum[i] += vector.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      }
    }
    if (probe.hidden() && position == prompt.length - 1) {
      hidden = vector.toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  /**
   * What was found out, once the sequence has read up to {@link #end}; null if nothing was asked.
   */
  @Nullable Findings findings() {
    if (probe.equals(Probe.NONE)) {
      return null;
    }
    float[] mean = new float[sum.length];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = (float) (sum[i] / prompt.length);
    }
    return new Findings(logprobs, likeliest, hidden, mean);
  }
}
