/**
 * What a recurrent model says about text that is given: how likely it is, which of several answers
 * fits best, and vectors that stand for it. A {@link dev.skein.engine.reading.Reader} puts such
 * questions to an engine as generations that draw nothing and carry a {@link
 * dev.skein.engine.Probe}, so they run beside sessions in the same batch loop, with the same bits.
 * A context that several answers share is read once: each answer starts from a copy of its state.
 */
@NullMarked
package dev.skein.engine.reading;

import org.jspecify.annotations.NullMarked;
