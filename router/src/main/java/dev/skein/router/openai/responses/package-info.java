/**
 * {@code /v1/responses} of the OpenAI API, without I/O. A response is a turn of a session: its id
 * names the turn, {@link dev.skein.router.openai.responses.ResponseWriter} makes of the turn's
 * events what its client is told, the same each time, and {@link
 * dev.skein.router.openai.responses.ResponseNote} is what the log keeps beside the turn for that.
 */
@NullMarked
package dev.skein.router.openai.responses;

import org.jspecify.annotations.NullMarked;
