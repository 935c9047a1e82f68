package dev.skein.router.delivery;

import dev.skein.proto.TokenEvent;

/**
 * Who an event is for: a request id is unique in its session only. The session of an ephemeral turn
 * is "".
 */
record StreamKey(String session, String requestId) {
  /** What workers' names for the sessions of ephemeral turns begin with, and no other's. */
  private static final String EPHEMERAL = "~";

  static StreamKey of(TokenEvent event) {
    String session = event.getSession();
    return new StreamKey(session.startsWith(EPHEMERAL) ? "" : session, event.getRequestId());
  }
}
