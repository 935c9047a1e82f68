package dev.skein.router.delivery;

import dev.skein.proto.End;
import dev.skein.proto.Token;
import dev.skein.proto.TokenEvent;

/** Events of turns, as owners tell them. */
final class TurnEvents {
  private TurnEvents() {}

  static TokenEvent.Builder event(String session, String id, int index) {
    return TokenEvent.newBuilder().setSession(session).setRequestId(id).setIndex(index);
  }

  static TokenEvent token(String session, String id, int index) {
    return event(session, id, index).setToken(Token.newBuilder().setId(5)).build();
  }

  static TokenEvent end(String session, String id, int index) {
    return event(session, id, index).setEnd(End.newBuilder().setFinishReason("stop")).build();
  }
}
