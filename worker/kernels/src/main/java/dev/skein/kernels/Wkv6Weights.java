package dev.skein.kernels;

/**
 * The weights of {@link Kernels#wkv6}, each one row of all heads one after another.
 *
 * @param decaysByToken whether the decay is {@code exp(-exp(decay + w))} with w of the token
 *     (RWKV-6), or {@code decay} as it stands (RWKV-5)
 * @param decay of every key channel
 * @param first what the present token's key is multiplied with for its own result
 * @param norm of every head
 */
public record Wkv6Weights(boolean decaysByToken, Rows decay, Rows first, Norm norm) {}
