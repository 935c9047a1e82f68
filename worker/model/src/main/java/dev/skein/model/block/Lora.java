package dev.skein.model.block;

import dev.skein.kernels.Matrix;

/**
 * A low-rank product {@code out (f (in x))}. In a quantised RWKV-7 both factors are 8-bit integers,
 * whatever the large matrices are. Otherwise they keep their precision, and where two bytes hold a
 * factor without loss it is kept so, which changes no bit of a product.
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
