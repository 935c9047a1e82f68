package dev.skein.kernels;

/**
 * The weights of {@link Kernels#wkv4} and where its state stands: of everything read so far the
 * weighted sum of values and the sum of weights, both divided by {@code e^m}, and the largest
 * logarithm m of a weight.
 *
 * @param decay what is added to the logarithm of the weights with each token, at most 0; one row
 * @param first the bonus of the present token; one row
 * @param sums bytes from the beginning of a state to the weighted sums of this layer
 * @param weights bytes to the sums of weights
 * @param maxima bytes to the largest logarithms
 */
public record Wkv4Weights(Rows decay, Rows first, long sums, long weights, long maxima) {}
