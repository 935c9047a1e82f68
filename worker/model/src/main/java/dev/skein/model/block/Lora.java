package dev.skein.model.block;

import dev.skein.kernels.FloatMatrix;

/**
 * A low-rank product {@code out (f (in x))}. Both factors stay fp32 in a quantised model too: they
 * are about a twentieth of the weights, and the decay of the state is sensitive to them.
 *
 * @param in to the rank
 * @param out from the rank
 */
public record Lora(FloatMatrix in, FloatMatrix out) {
  int rank() {
    return in.rows();
  }

  long bytes() {
    return in.bytes() + out.bytes();
  }
}
