/**
 * A cluster of real processes, started by the launcher as an operator starts it: {@link
 * dev.skein.system.cluster.Cluster} with its brokers, workers and routers, what programs outside of
 * Skein's code take down of its streams ({@link dev.skein.system.cluster.KcatTranscript}, {@link
 * dev.skein.system.cluster.HttpTranscript}), and the oracle that they must equal: the engine alone,
 * fed the same requests. Processes die here as the tests say.
 */
@NullMarked
package dev.skein.system.cluster;

import org.jspecify.annotations.NullMarked;
