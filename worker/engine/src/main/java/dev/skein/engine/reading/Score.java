package dev.skein.engine.reading;

import dev.skein.engine.Findings;
import java.util.Arrays;

/**
 * How likely given tokens are.
 *
 * @param tokens the scored tokens
 * @param logprobs natural logarithm of the probability of each, given all before it
 * @param likeliest the token that greedy decoding would have drawn in the place of each
 */
@SuppressWarnings("ArrayRecordComponent") // numbers by the thousand; nobody compares scores
public record Score(int[] tokens, double[] logprobs, int[] likeliest) {
  static Score of(int[] tokens, Findings findings) {
    int from = tokens.length - findings.logprobs().length;
    return new Score(
        Arrays.copyOfRange(tokens, from, tokens.length), findings.logprobs(), findings.likeliest());
  }

  /** The log-probability of all tokens together: the sum, added from the first to the last. */
  public double logprob() {
    double sum = 0;
    for (double logprob : logprobs) {
      sum += logprob;
    }
    return sum;
  }

  /** The mean log-probability of a token; 0 if none was scored. */
  public double perToken() {
    return tokens.length == 0 ? 0 : logprob() / tokens.length;
  }

  /** Whether greedy decoding would have written exactly these tokens. */
  public boolean greedy() {
    return Arrays.equals(tokens, likeliest);
  }
}
