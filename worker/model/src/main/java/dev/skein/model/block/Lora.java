package dev.skein.model.block;

import dev.skein.kernels.Matrix;

/**
 * A low-rank product {@code out (f (in x))}. Both factors keep their precision in a quantised model
 * too: they are about a twentieth of the weights, and the decay of the state is sensitive to them.
 * Where two bytes hold a factor without loss it is kept so, which changes no bit of a product.
 *
 * @param in to the rank
 * @param out from the rank
 */
public record Lora(Matrix in, Matrix out) {
  int rank() {
    return in.rows();
  }

  long bytes() {
    return in.bytes() + out.bytes();
  }
}
