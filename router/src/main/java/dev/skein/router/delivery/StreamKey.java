package dev.skein.router.delivery;

/**
 * Who an event is for: a request id is unique in its session only. The session of an ephemeral turn
 * is "".
 */
record StreamKey(String session, String requestId) {}
