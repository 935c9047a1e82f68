/**
 * {@code skein bench}: how fast the engine is on this machine, how near to what the memory allows,
 * and beside which peer. Every figure is a line that says what ran, on which commit and machine,
 * with a digest of the tokens that came out; sessions run alone must have drawn the same tokens, or
 * there is no line.
 */
@NullMarked
package dev.skein.cli.bench;

import org.jspecify.annotations.NullMarked;
