/**
 * Whether prompt lookup would pay: a draft is copied from where the same words stood before in the
 * session, and one step checks several tokens of it. Measured here, not built into the engine.
 */
@NullMarked
package dev.skein.bench.lookup;

import org.jspecify.annotations.NullMarked;
