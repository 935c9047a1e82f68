package dev.skein.client;

/**
 * What an answer cost.
 *
 * @param promptTokens tokens of the prompt, those found in a cache included
 * @param completionTokens tokens generated
 * @param cachedTokens tokens of the prompt whose state was found in a cache
 */
public record Usage(int promptTokens, int completionTokens, int cachedTokens) {}
