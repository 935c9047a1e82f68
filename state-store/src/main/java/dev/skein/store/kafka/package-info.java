/**
 * The Kafka shell of the store: one transactional producer a shard, readers that exist only while
 * something is read, and the topics with their policies. All of it is blocking and belongs to the
 * shard's owner thread; acknowledgements arrive on the producer's own thread. Offsets are never
 * trusted alone: a record that was read back must have the offset, the key and the digest that was
 * asked for, because a compacted topic answers with the next record that it still has.
 */
@NullMarked
package dev.skein.store.kafka;

import org.jspecify.annotations.NullMarked;
