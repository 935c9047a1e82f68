package dev.skein.client;

import org.jspecify.annotations.Nullable;

/**
 * A piece of a streamed answer. The texts of all pieces, put together, are the answer's text.
 *
 * @param eventId its place in the log, from which a stream can be resumed; empty where there is
 *     none
 * @param text complete characters; may be empty
 * @param thought what a model that thinks does not say; else empty
 * @param finishReason why the answer ended, on the last piece that has text; else empty
 * @param usage what the answer cost, on the very last piece; else null
 */
public record Piece(
    String eventId, String text, String thought, String finishReason, @Nullable Usage usage) {}
