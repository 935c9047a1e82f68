package dev.skein.kernels;

/**
 * What {@link Kernels#wkv4} works on: a row a token.
 *
 * @param r receptance, before its function
 * @param k key
 * @param v value
 * @param e1 and e2: room for the kernels
 * @param y the result
 */
public record Wkv4Rows(Rows r, Rows k, Rows v, Rows e1, Rows e2, Rows y) {}
