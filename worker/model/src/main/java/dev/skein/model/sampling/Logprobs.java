package dev.skein.model.sampling;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The log-probability of a token and of the most probable ones, in the model's own distribution:
 * before penalties, bias, cuts and temperature.
 *
 * @param chosen the token asked for
 * @param top the most probable tokens, best first, of equals the lowest id first
 */
public record Logprobs(TokenLogprob chosen, List<TokenLogprob> top) {
  /** How many of the most probable tokens may be asked for. */
  public static final int TOP_MAX = 20;

  public Logprobs {
    top = List.copyOf(top);
  }

  /**
   * Computes them from logits, one float a token.
   *
   * @param count how many of the most probable tokens, 0 to {@link #TOP_MAX}
   * @throws ArithmeticException if the logits are not finite
   */
  public static Logprobs of(
      MemorySegment logits, int token, int count, SamplerWorkspace workspace) {
    if (count < 0 || count > TOP_MAX) {
      throw new IllegalArgumentException("top_logprobs must be from 0 to " + TOP_MAX);
    }
    workspace.load(logits);
    float greatest = workspace.greatest();
    double total = workspace.exponentiate(greatest, 1);
    double normaliser = greatest + StrictMath.log(total);
    List<TokenLogprob> top = new ArrayList<>(count);
    for (int best : best(workspace.logits, count)) {
      top.add(new TokenLogprob(best, (float) (workspace.logits[best] - normaliser)));
    }
    return new Logprobs(
        new TokenLogprob(token, (float) (workspace.logits[token] - normaliser)), top);
  }

  private static int[] best(float[] logits, int count) {
    int[] best = new int[Math.min(count, logits.length)];
    int found = 0;
    for (int i = 0; i < logits.length && best.length > 0; i++) {
      if (found == best.length && logits[i] <= logits[best[found - 1]]) {
        continue;
      }
      int at = found < best.length ? found++ : found - 1;
      while (at > 0 && logits[best[at - 1]] < logits[i]) {
        best[at] = best[at - 1];
        at--;
      }
      best[at] = i;
    }
    return best;
  }
}
