/**
 * {@code skein simulate}: replays one simulated life of a shard with its trace, so that a failure
 * that a test found on one machine can be read on another.
 */
@NullMarked
package dev.skein.cli.simulation;

import org.jspecify.annotations.NullMarked;
