package dev.skein.client;

import java.util.List;

/**
 * An answer as a whole.
 *
 * @param requestId the name of its turn: the same request under this name gets the same answer
 * @param model the model that answered
 * @param text what it said; empty if it called a function
 * @param thought what it thought before, of models that think; else empty
 * @param calls the functions that it asks for
 * @param finishReason {@code stop}, {@code length} or {@code tool_calls}
 */
public record Answer(
    String requestId,
    String model,
    String text,
    String thought,
    List<FunctionCall> calls,
    String finishReason,
    Usage usage) {}
