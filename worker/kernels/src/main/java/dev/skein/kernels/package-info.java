/**
 * Numbers, and nothing about models: {@link dev.skein.kernels.Kernels} is what a recurrent network
 * needs (products, norms, element-wise functions, the recurrence), with a plain Java reference, a
 * Vector API backend and kernels in C that have the same bits at every size, vector width,
 * instruction set, batch and number of threads. {@link dev.skein.kernels.Matrix} is a packed
 * matrix, one layout a class; {@link dev.skein.kernels.Activations} are the vectors it is
 * multiplied with; {@link dev.skein.kernels.WorkerPool} shares work among threads at fixed places.
 * Equality comes from how the arithmetic is defined: floating sums have one order, integer sums are
 * exact and may have any, and no function of the platform's mathematical library is used but the
 * square root, which is exact by definition. This is the only module that sees {@code
 * jdk.incubator.vector} and calls native functions.
 */
@NullMarked
package dev.skein.kernels;

import org.jspecify.annotations.NullMarked;
