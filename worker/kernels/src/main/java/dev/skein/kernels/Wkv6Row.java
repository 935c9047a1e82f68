package dev.skein.kernels;

/**
 * The vectors of one token for {@link Kernels#wkv6}, each of all heads one after another.
 *
 * @param r receptance
 * @param w decay
 * @param k key
 * @param v value
 * @param y the result
 */
@SuppressWarnings("ArrayRecordComponent") // a holder, never compared
public record Wkv6Row(float[] r, float[] w, float[] k, float[] v, float[] y) {}
