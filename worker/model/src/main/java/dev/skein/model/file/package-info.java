/**
 * Reads published model files and nothing else: a {@link dev.skein.model.file.ModelFile} is
 * recognised by its content, mapped into memory, and offers its tensors by name. Two formats are
 * known, safetensors and the zip form of BlinkDL's {@code .pth}. Every size, offset and count of a
 * file is distrusted: a file that contradicts itself is refused with one sentence ({@link
 * dev.skein.model.file.ModelFormatException}) before anything large is allocated. The pickle inside
 * a {@code .pth} is read by an interpreter that knows four harmless constructors and cannot call
 * anything; nothing is ever executed or written.
 */
@NullMarked
package dev.skein.model.file;

import org.jspecify.annotations.NullMarked;
