/**
 * The router's port and its paths. {@link dev.skein.router.http.HttpGateway} listens, {@code
 * Routes} finds who answers, {@code CompletionRoute} makes a turn of a call and an answer of the
 * turn's events. A connection carries one answer at a time, and its end is how a client's leaving
 * is known, whether its answer streams or is still awaited. What bodies look like is the business
 * of {@code openai}.
 */
@NullMarked
package dev.skein.router.http;

import org.jspecify.annotations.NullMarked;
