package dev.skein.kernels;

/**
 * Weight and bias of a layer norm, or of the group norms of all heads one after another.
 *
 * @param weight one row
 * @param bias one row
 * @param eps added to the variance
 */
public record Norm(Rows weight, Rows bias, float eps) {}
