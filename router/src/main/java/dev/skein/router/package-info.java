/**
 * The front door. A router turns an HTTP call of the OpenAI API into one {@code Request} record on
 * the topic {@code requests} of its pool, and the token events that the owner of the session pushes
 * back into one HTTP answer, streamed or whole. It keeps nothing that another router would need:
 * what it forgets when it dies is only who was listening.
 *
 * <p>{@link dev.skein.router.Router} assembles the rooms: {@code http} listens to clients, {@code
 * openai} knows their language, {@code delivery} carries events from the bus to whoever waits for
 * them, {@code kafka} is the only room that knows Kafka.
 */
@NullMarked
package dev.skein.router;

import org.jspecify.annotations.NullMarked;
