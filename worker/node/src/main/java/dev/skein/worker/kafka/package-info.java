/**
 * The worker's Kafka shells beside the state store: one reader for the partitions of all owned
 * shards, the forwarder of misplaced records, and the announcement of models. Nothing here decides
 * anything about a session.
 */
@NullMarked
package dev.skein.worker.kafka;

import org.jspecify.annotations.NullMarked;
