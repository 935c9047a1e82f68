/**
 * Continuous batching over one replica. An {@link dev.skein.engine.Engine} is a thread around an
 * {@link dev.skein.engine.EngineStep}; a step is four lines: schedule, forward, sample, process.
 * There is no prefill phase and no decode phase, only sequences with known and fed tokens: every
 * step each running sequence feeds at least one token and the rest of the token budget goes, in
 * fair shares, to those that have more to feed. A sequence owns one slot of the state slab while it
 * runs, so the free list of slots is the whole memory management. What a generation draws depends
 * on its own record and start state only, never on the company it ran in. A generation may carry a
 * {@link dev.skein.engine.Probe}: then the step computes logits after every token of the probed
 * part of its prompt, and its end tells what was found. Nothing in this package reads a clock
 * except the thread that measures its steps, and nothing does input or output.
 */
@NullMarked
package dev.skein.engine;

import org.jspecify.annotations.NullMarked;
