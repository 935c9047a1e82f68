/**
 * Skein's own model files ({@code .skein}): one file that holds a whole model, its matrices in the
 * very bytes that the kernels multiply with, so that opening it maps them instead of reading and
 * packing; beside them the vocabulary, the chat template and what else a folder of published files
 * would say. {@link dev.skein.model.packed.Conversion} writes one from any model that can be
 * opened, whatever its version, because it listens to what the loader asks for; {@link
 * dev.skein.model.packed.SkeinFile} reads one, {@link dev.skein.model.packed.SkeinHeader} says
 * which bytes stand where. Every byte is covered by a checksum, which is compared before the byte
 * is used.
 */
@NullMarked
package dev.skein.model.packed;

import org.jspecify.annotations.NullMarked;
