package dev.skein.engine;

/**
 * A running generation at a token boundary: what {@link Generation} needs to go on from here.
 *
 * @param state has read the first {@code read} ids of the generation's prompt and draws, and never
 *     one that a stop string may still take back
 * @param read how many; below the length of the prompt while that is being read
 * @param progress the draws so far
 */
public record Midpoint(SessionState state, int read, Progress progress) {}
