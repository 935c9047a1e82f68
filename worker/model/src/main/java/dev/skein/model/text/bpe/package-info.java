/**
 * The tokenizer of the models trained on the Pile (RWKV-4 Pile and Raven): byte-level BPE as a
 * GPT-NeoX {@code tokenizer.json} describes it. Encoding is done by the native part of Hugging
 * Face's tokenizers, of which only the functions themselves are used: {@link
 * dev.skein.model.text.bpe.BpeTokenizer} gives it a description of known parts alone, unpacks its
 * library from the jar when the first such tokenizer is opened, and decodes by a table of its own.
 * Nothing is downloaded and nothing reported; users of World models never load any of it.
 */
@NullMarked
package dev.skein.model.text.bpe;

import org.jspecify.annotations.NullMarked;
