/**
 * Reads published model files and nothing else: a {@link dev.skein.model.file.ModelFile} is
 * recognised by its content, mapped into memory, and offers its tensors by name. Formats:
 * safetensors (read here), what {@code torch.save} wrote (package {@code torch}), GGUF and the
 * {@code .bin} of rwkv.cpp (package {@code ggml}). Every size, offset and count of a file is
 * distrusted: a file that contradicts itself is refused with one sentence ({@link
 * dev.skein.model.file.ModelFormatException}) before anything large is allocated; nothing is ever
 * executed or written. Names and shapes stay as the file has them; package {@code dialect} makes
 * BlinkDL's of them.
 */
@NullMarked
package dev.skein.model.file;

import org.jspecify.annotations.NullMarked;
