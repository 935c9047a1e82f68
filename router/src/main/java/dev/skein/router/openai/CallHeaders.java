package dev.skein.router.openai;

import org.jspecify.annotations.Nullable;

/**
 * The headers that say the same as fields of the body.
 *
 * @param session {@code Skein-Session}
 * @param idempotencyKey {@code Idempotency-Key}, which is the body's {@code request_id}
 * @param lastEventId {@code Last-Event-ID}: the request was made before, and its answer goes on
 *     after that event
 */
public record CallHeaders(
    @Nullable String session, @Nullable String idempotencyKey, @Nullable String lastEventId) {
  static final CallHeaders NONE = new CallHeaders(null, null, null);
}
