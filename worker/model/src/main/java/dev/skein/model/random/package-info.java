/**
 * Models of random weights, in the published shapes and in any other: for benches, for warming up
 * the JVM, and for tests. The same seed gives the same weights everywhere.
 */
@NullMarked
package dev.skein.model.random;

import org.jspecify.annotations.NullMarked;
