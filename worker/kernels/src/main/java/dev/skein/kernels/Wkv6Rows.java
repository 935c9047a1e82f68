package dev.skein.kernels;

/**
 * What {@link Kernels#wkv6} works on: a row a token, each of all heads one after another.
 *
 * @param r receptance
 * @param w decay; in RWKV-6 before its function, in RWKV-5 overwritten
 * @param k key
 * @param v value
 * @param g gate, without columns where there is none
 * @param y the result
 */
public record Wkv6Rows(Rows r, Rows w, Rows k, Rows v, Rows g, Rows y) {}
