package dev.skein.kernels;

import org.jspecify.annotations.Nullable;

/**
 * The weights of {@link Kernels#wkv7}, each one row of all heads one after another.
 *
 * @param baseW added to the decay before its function
 * @param baseA added to the in-context rate before its function
 * @param baseV added to the share of the first layer's value; null in the first layer
 * @param removal k_k: from the key to what is taken out of the state
 * @param keyRate k_a: how far the in-context rate scales the key
 * @param bonus r_k: of the present token
 * @param norm of every head
 */
public record Wkv7Weights(
    Rows baseW,
    Rows baseA,
    @Nullable Rows baseV,
    Rows removal,
    Rows keyRate,
    Rows bonus,
    Norm norm) {
  /** The least length that kk is divided by. */
  static final float MIN_NORM = 1e-12f;
}
