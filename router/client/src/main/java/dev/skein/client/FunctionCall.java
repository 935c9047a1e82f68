package dev.skein.client;

/**
 * A function that the model asks for.
 *
 * @param arguments text of a JSON object
 */
public record FunctionCall(String id, String name, String arguments) {}
