/**
 * A cluster of real processes, started by the launcher as an operator starts it: {@link
 * dev.skein.system.cluster.Cluster} with its brokers, workers and routers; streams that run on it
 * all the time ({@link dev.skein.system.cluster.Flock}) and what programs outside of Skein's code
 * take down of them ({@link dev.skein.system.cluster.KcatTranscript}, {@link
 * dev.skein.system.cluster.NpmTranscript}); the oracle that they must equal, which is the engine
 * alone, fed the same requests; and {@link dev.skein.system.cluster.Chaos}, which lets one fault
 * after another happen and measures how long clients wait.
 */
@NullMarked
package dev.skein.system.cluster;

import org.jspecify.annotations.NullMarked;
