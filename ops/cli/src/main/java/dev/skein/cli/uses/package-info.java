/**
 * The commands that ask a model about given text instead of letting it write: {@code score}, {@code
 * choose}, {@code embed} and {@code eval}. They put their questions to the engine through {@link
 * dev.skein.engine.reading.Reader}, compute in fp32 on the weights as stored unless {@code --quant}
 * says otherwise, and accept token ids wherever they accept text, so that a model without a
 * vocabulary can be measured too.
 */
@NullMarked
package dev.skein.cli.uses;

import org.jspecify.annotations.NullMarked;
