package dev.skein.kernels;

/**
 * The vectors of one token for {@link Kernels#wkv4}.
 *
 * @param k key
 * @param v value
 * @param y the result
 */
@SuppressWarnings("ArrayRecordComponent") // a holder, never compared
public record Wkv4Row(float[] k, float[] v, float[] y) {}
