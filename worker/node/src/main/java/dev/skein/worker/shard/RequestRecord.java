package dev.skein.worker.shard;

import dev.skein.proto.Request;
import org.jspecify.annotations.Nullable;

/**
 * A readable record of the {@code requests} topic.
 *
 * @param offset its offset in this shard's partition
 * @param session the session it belongs to; of an ephemeral turn the id derived from partition and
 *     offset
 * @param requestId the client's id, or the position at which the record was first logged
 * @param request what is asked
 * @param ephemeral the session is forgotten when its turn has ended
 * @param json events answer in JSON
 * @param push the router that waits for the events, or null
 * @param logTimeMs when Kafka appended the record, milliseconds since the epoch
 * @param raw the record as it was read
 */
public record RequestRecord(
    long offset,
    String session,
    String requestId,
    Request request,
    boolean ephemeral,
    boolean json,
    @Nullable String push,
    long logTimeMs,
    RawRecord raw) {}
