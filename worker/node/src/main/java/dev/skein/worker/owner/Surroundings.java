package dev.skein.worker.owner;

import dev.skein.worker.shard.ShardLimits;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * What an owner works with.
 *
 * @param address of this process, as other workers know it
 * @param shards of the pool
 * @param ticks milliseconds of a clock that nobody sets
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
    InstantSource clock,
    LongSupplier ticks) {}
