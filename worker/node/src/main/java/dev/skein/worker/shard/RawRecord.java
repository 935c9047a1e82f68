package dev.skein.worker.shard;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A record of the {@code requests} topic as it was read.
 *
 * @param offset its offset in this shard's partition
 * @param key session id in UTF-8, or null
 * @param value the request, or null
 * @param headers the headers that Skein knows, by name (see {@code Wire})
 * @param logTimeMs when Kafka appended it, milliseconds since the epoch
 */
public record RawRecord(
    long offset,
    byte @Nullable [] key,
    byte @Nullable [] value,
    Map<String, String> headers,
    long logTimeMs) {}
