/**
 * A worker: holds one replica per model of its pool and owns the shards that Pekko places on it.
 * {@link dev.skein.worker.Worker} ties the pure protocol core to Kafka, the cluster and the engine.
 */
@NullMarked
package dev.skein.worker;

import org.jspecify.annotations.NullMarked;
