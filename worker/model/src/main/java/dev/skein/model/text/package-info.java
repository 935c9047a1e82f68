/**
 * Between text and token ids. {@link dev.skein.model.text.Tokenizer} turns bytes into ids and back
 * without loss; {@link dev.skein.model.text.TextAssembler} turns the bytes of drawn tokens into
 * pieces of text that are certain: whole UTF-8 characters, no part of a stop string; {@link
 * dev.skein.model.text.ChatTemplate} lays messages out as the model was trained to read them.
 * Encoding is not concatenation-safe (encode(a) + encode(b) is not encode(a + b)), so whoever
 * continues a text keeps ids and never encodes it again.
 */
@NullMarked
package dev.skein.model.text;

import org.jspecify.annotations.NullMarked;
