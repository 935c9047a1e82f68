package dev.skein.worker.shard;

import dev.skein.proto.End;
import dev.skein.proto.Kind;
import dev.skein.proto.Request;

/** What may become a turn, and which turns leave their session as it was. */
final class TurnRules {

  private TurnRules() {}

  /** Refuses what this worker does not run. */
  static void check(Request request, Session session) throws Rejection {
    if (request.getKind() != Kind.KIND_GENERATE && request.getKind() != Kind.KIND_EXTEND) {
      throw new Rejection(
          "unsupported", "This worker runs requests of kind generate and extend only.");
    }
    if (request.getChoices() > 1) {
      throw new Rejection("unsupported", "This worker draws one choice a turn: leave n at 1.");
    }
    if (request.hasExpectTurn() && request.getExpectTurn() != session.nextTurn()) {
      throw new Rejection(
          "turn_mismatch",
          "The session's next turn is %d, not %d."
              .formatted(session.nextTurn(), request.getExpectTurn()));
    }
  }

  /** A turn that ended so has left no trace in its session's state. */
  static boolean isWithoutState(End end) {
    return end.getFinishReason().equals("error") || end.getFinishReason().equals("quarantined");
  }
}
