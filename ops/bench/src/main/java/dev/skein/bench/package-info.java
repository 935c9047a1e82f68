/**
 * Benches of the engine. They drive the very {@link dev.skein.engine.EngineStep} that serves, with
 * sessions that have their own random prompts and feed back their own sampled tokens, so that a
 * figure is about the product and not about a loop beside it. Every figure carries a digest of the
 * tokens that were produced: a bench that computes something else is noticed. The digests are
 * defined so that the same tokens come out of the same generations run alone.
 */
@NullMarked
package dev.skein.bench;

import org.jspecify.annotations.NullMarked;
