/**
 * A shard's life in one thread from one seed: the real session protocol ({@code
 * dev.skein.worker.shard}) and the real store logic over a simulated log, cluster, clock and model.
 * {@link dev.skein.simulation.World} decides what happens next, {@link
 * dev.skein.simulation.Promises} looks after every event whether what the product promises still
 * holds, {@link dev.skein.simulation.Scenario} says what kind of weather it is, and {@link
 * dev.skein.simulation.Mutation} lists faults that may be planted to see that they are found.
 */
@NullMarked
package dev.skein.simulation;

import org.jspecify.annotations.NullMarked;
