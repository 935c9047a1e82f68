/**
 * Benches of sessions that come and go, as serving has them: random arrivals, prompts and lengths
 * on one {@link dev.skein.engine.EngineStep}, told as the time to the first token and between
 * tokens, and as the throughput beside that of the same number of sessions that all decode.
 */
@NullMarked
package dev.skein.bench.mixed;

import org.jspecify.annotations.NullMarked;
