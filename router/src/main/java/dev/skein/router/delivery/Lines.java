package dev.skein.router.delivery;

/**
 * What the answers of one pool travel on.
 *
 * @param requests the way there
 * @param log the way back where nothing is pushed
 */
public record Lines(TurnPublisher requests, TokenLog log) {}
