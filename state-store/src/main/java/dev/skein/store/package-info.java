/**
 * What a shard's owner keeps: manifests, snapshots, the shard record, and the token events that
 * leave it. {@code dev.skein.store.ShardStore} is the port, {@code dev.skein.store.kafka} its Kafka
 * shell, {@code InMemoryShardStore} its deterministic twin for tests and simulation: same
 * transactions, same fencing, same visibility. A contract test runs against both. Everything that
 * one owner writes goes through one transactional producer, so that a deposed owner can write
 * nothing more; nothing here decides what a turn or a session means.
 */
@NullMarked
package dev.skein.store;

import org.jspecify.annotations.NullMarked;
