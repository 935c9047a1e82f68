/**
 * From logits to the next token, the RWKV way: penalties and bias on the logits, then top-p on the
 * untempered distribution, then top-k, min-p and typical-p, and only then the temperature, as a
 * power of the probabilities that are left. A draw is a pure function of logits, parameters, the
 * tokens drawn before and one uniform number, which {@link dev.skein.model.sampling.CounterRandom}
 * computes from (seed, turn, choice, index): nothing here keeps a random generator, reads a clock
 * or calls a function whose last bit depends on the machine.
 */
@NullMarked
package dev.skein.model.sampling;

import org.jspecify.annotations.NullMarked;
