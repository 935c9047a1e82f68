/**
 * The blocks of the trunk, which are all in which the versions of RWKV differ: a time mix for each
 * of RWKV-4, 5, 6 and 7, and the channel mix. A {@link dev.skein.model.block.Block} is made by
 * {@link dev.skein.model.block.Blocks} from its weights, which stand under the names of the
 * equations; it runs as a chain of phases over one {@link dev.skein.model.block.Step}, each of
 * which every thread does a fixed part of: by tokens, by panels of matrices, by heads of rows. No
 * block allocates anything in a step. Tensor names are not known here, nor which session owns which
 * slot.
 */
@NullMarked
package dev.skein.model.block;

import org.jspecify.annotations.NullMarked;
