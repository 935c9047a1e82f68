/**
 * RWKV models in memory. {@link dev.skein.model.Rwkv} is the one trunk (embedding, layers, head),
 * and a version of RWKV is two blocks on it, see {@link dev.skein.model.block}. {@link
 * dev.skein.model.WeightMap} alone knows the names of tensors; {@link dev.skein.model.Architecture}
 * tells the versions apart. A session's whole memory is a slot of a {@link
 * dev.skein.model.StateSlab}, and a step feeds the rows of a {@link dev.skein.model.Batch} to their
 * slots: one token of a session that generates, many of a prompt, by one code path. What a row
 * gives depends on nothing but its tokens, its state and the weights: not on the other rows, the
 * cutting of the prompt, the number of threads or the kernels, to the bit.
 */
@NullMarked
package dev.skein.model;

import org.jspecify.annotations.NullMarked;
