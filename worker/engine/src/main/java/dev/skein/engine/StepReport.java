package dev.skein.engine;

/**
 * What one step did.
 *
 * @param rows sequences in the batch
 * @param tokens tokens fed, all rows together
 * @param promptTokens how many of them were prompt or witness tokens that were known before the
 *     step
 * @param drawn tokens reported as drawn or forced
 * @param ended generations that ended
 * @param running sequences that hold a slot after the step
 * @param waiting generations that wait for one
 */
public record StepReport(
    int rows, int tokens, int promptTokens, int drawn, int ended, int running, int waiting) {}
