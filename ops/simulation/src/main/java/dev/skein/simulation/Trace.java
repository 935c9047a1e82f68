package dev.skein.simulation;

import dev.skein.proto.End;
import dev.skein.proto.Started;
import dev.skein.proto.TokenEvent;

/** Events in a few words, for whoever reads a life. */
final class Trace {

  private Trace() {}

  static String line(TokenEvent event) {
    String turn = event.getSession() + "/" + event.getTurn();
    return switch (event.getEventCase()) {
      case STARTED -> {
        Started started = event.getStarted();
        yield "started %s, request %s at %d, attempt %d, from %d"
            .formatted(
                turn,
                event.getRequestId(),
                started.getRequestOffset(),
                started.getAttempt(),
                started.getResumedAt());
      }
      case TOKEN -> "token %s/%d = %d".formatted(turn, event.getIndex(), event.getToken().getId());
      case END -> {
        End end = event.getEnd();
        yield "end of %s, request %s: %s at %d %s"
            .formatted(
                turn,
                event.getRequestId(),
                end.getFinishReason(),
                event.getIndex(),
                end.hasRepeatOf()
                    ? "(a repeat of turn " + end.getRepeatOf() + ")"
                    : end.getError().getMessage());
      }
      case EVENT_NOT_SET -> "nothing";
    };
  }
}
