package dev.skein.client;

import java.time.Instant;

/**
 * Where a session stands.
 *
 * @param pool where its model is served
 * @param nextTurn the number that its next turn will have
 * @param tokensRead how many tokens it remembers
 * @param stateBytes size of its state
 */
public record SessionInfo(
    String id,
    String pool,
    String model,
    long nextTurn,
    long tokensRead,
    long stateBytes,
    Instant updatedAt) {}
