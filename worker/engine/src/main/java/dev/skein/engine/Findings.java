package dev.skein.engine;

/**
 * What a {@link Probe} found out. Every number depends on the tokens, the start state and the model
 * alone, bit for bit, whatever ran beside it and however the prompt was cut.
 *
 * @param logprobs natural logarithm of the probability of each scored token, given all before it;
 *     {@code logit - log Σ exp(logits)} in 64 bits, before any penalty, cut or temperature
 * @param likeliest for each scored token, the id that greedy decoding would have drawn in its place
 *     (of equals the lowest)
 * @param hidden C floats: the vector after the prompt's last token, after ln_out and before the
 *     head; empty unless asked for
 * @param mean C floats: the mean of that vector over all tokens of the prompt; empty unless asked
 *     for
 */
@SuppressWarnings("ArrayRecordComponent") // numbers by the thousand; nobody compares findings
public record Findings(double[] logprobs, int[] likeliest, float[] hidden, float[] mean) {
  /** The sum of all log-probabilities, added from the first to the last. */
  public double logprob() {
    double sum = 0;
    for (double logprob : logprobs) {
      sum += logprob;
    }
    return sum;
  }
}
