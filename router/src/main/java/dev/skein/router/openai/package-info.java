/**
 * The dialect of the OpenAI API, strictly, and without I/O: bodies are checked field by field
 * before anything reaches the bus, answers and errors have the shapes that published clients
 * expect, and a stream that has begun ends either with {@code [DONE]} or with one error event.
 * {@link dev.skein.router.openai.CallParser} makes a {@code Request} of a body, {@link
 * dev.skein.router.openai.SseWriter} and {@link dev.skein.router.openai.WholeAnswer} make JSON of
 * token events, {@link dev.skein.router.openai.ApiError} says what went wrong and whether asking
 * again may help.
 */
@NullMarked
package dev.skein.router.openai;

import org.jspecify.annotations.NullMarked;
