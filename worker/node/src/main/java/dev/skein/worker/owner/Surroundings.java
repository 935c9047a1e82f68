package dev.skein.worker.owner;

import dev.skein.worker.shard.ShardLimits;
import java.time.InstantSource;

/**
 * What an owner works with.
 *
 * @param address of this process, as other workers know it
 * @param shards of the pool
 */
public record Surroundings(
    String address,
    int shards,
    Replicas replicas,
    ShardLimits limits,
    RequestLog log,
    RecordForwarder forwarder,
    EventPush push,
    HandOver handOver,
    OwnerMetrics metrics,
    InstantSource clock) {}
