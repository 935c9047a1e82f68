/**
 * Reads the two formats of the ggml family: GGUF (llama.cpp) and the {@code .bin} of rwkv.cpp.
 * Their matrices may be packed in blocks of a few bits an element; the blocks stay as they are and
 * are unpacked when elements are read.
 */
@NullMarked
package dev.skein.model.file.ggml;

import org.jspecify.annotations.NullMarked;
