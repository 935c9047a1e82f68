package dev.skein.engine;

import dev.skein.model.sampling.TokenLogprob;
import java.util.List;

/**
 * One drawn token of a generation. Every draw is reported, the one that ends the generation (end of
 * text, last token of a stop string) included, so that the reported tokens are a complete witness
 * of the run.
 *
 * @param index number of the draw, from 0
 * @param token token id
 * @param text text that became certain with this token; often empty, because incomplete characters
 *     and possible beginnings of stop strings are held back
 * @param forced whether the token came from {@link Generation#drawn} instead of being drawn now
 * @param logprob natural logarithm of the token's probability under the untouched logits; NaN
 *     unless {@link Generation#logprobs} asked for it
 * @param top the most likely tokens, best first; empty unless asked for
 */
public record DrawnToken(
    int index, int token, String text, boolean forced, float logprob, List<TokenLogprob> top) {
  public DrawnToken {
    top = List.copyOf(top);
  }
}
