/**
 * The session protocol as plain Java: what a shard does with every record, token and
 * acknowledgement, and nothing about how they arrive. {@link dev.skein.worker.shard.Shard} takes
 * events and answers with effects; it knows no Kafka, no Pekko, no thread and no clock, so a
 * simulation can drive it through any crash, delay and repetition from one seed.
 */
@NullMarked
package dev.skein.worker.shard;

import org.jspecify.annotations.NullMarked;
