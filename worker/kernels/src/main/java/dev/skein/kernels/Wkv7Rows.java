package dev.skein.kernels;

import org.jspecify.annotations.Nullable;

/**
 * What {@link Kernels#wkv7} works on: a row a token, each of all heads one after another. The
 * letters are those of its equations. Everything but r, k and v0 comes from low-rank products.
 *
 * @param r receptance
 * @param w decay, before its function
 * @param k key, scaled in place
 * @param v value, mixed in place
 * @param a in-context rate, before its function
 * @param g gate
 * @param residual how much of the first layer's value is taken, before its function; null in the
 *     first layer
 * @param firstV the first layer's value
 * @param kk room for what is taken out of the state
 * @param b room for kk times the in-context rate
 * @param y the result
 */
public record Wkv7Rows(
    Rows r,
    Rows w,
    Rows k,
    Rows v,
    Rows a,
    Rows g,
    @Nullable Rows residual,
    Rows firstV,
    Rows kk,
    Rows b,
    Rows y) {}
