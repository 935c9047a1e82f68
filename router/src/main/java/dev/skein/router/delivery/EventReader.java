package dev.skein.router.delivery;

import dev.skein.proto.End;
import dev.skein.proto.Failure;
import dev.skein.proto.Started;
import dev.skein.proto.Token;
import dev.skein.proto.TokenEvent;
import dev.skein.proto.TopLogprob;
import dev.skein.router.delivery.StreamEvent.Alternative;
import dev.skein.router.delivery.StreamEvent.ChoiceEnd;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import dev.skein.router.delivery.StreamEvent.TokenPiece;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** From the bus's words to the client's. */
final class EventReader {
  private EventReader() {}

  /**
   * Returns null for an event that has nothing for the client, such as {@code started}.
   *
   * @param offset of the event in its partition; -1 if that is not known
   */
  static @Nullable StreamEvent read(TokenEvent event, long offset) {
    return switch (event.getEventCase()) {
      case TOKEN -> piece(event, event.getToken(), offset);
      case END -> end(event, event.getEnd(), offset);
      case STARTED, EVENT_NOT_SET -> null;
    };
  }

  /** What is told of the beginning of a turn. */
  static StreamEvent begun(TokenEvent event) {
    Started started = event.getStarted();
    return new StreamEvent.Begun(
        started.getNote(), event.getTurn(), started.getRequestOffset(), started.getPromptTokens());
  }

  /** Of a request that was asked before: where the log tells its turn; -1: the event is another. */
  static long repeatedFrom(TokenEvent event) {
    if (event.getEnd().hasRepeatFrom()) {
      return event.getEnd().getRepeatFrom();
    }
    return event.getStarted().hasTokensFrom() ? event.getStarted().getTokensFrom() : -1;
  }

  private static TokenPiece piece(TokenEvent event, Token token, long offset) {
    List<Alternative> alternatives = new ArrayList<>(token.getTopLogprobsCount());
    for (TopLogprob top : token.getTopLogprobsList()) {
      alternatives.add(new Alternative(top.getId(), top.getText(), top.getLogprob()));
    }
    return new TokenPiece(
        event.getTurn(),
        event.getChoice(),
        event.getIndex(),
        token.getId(),
        token.getText(),
        token.hasLogprob() ? token.getLogprob() : null,
        alternatives,
        offset);
  }

  private static StreamEvent end(TokenEvent event, End end, long offset) {
    if (end.hasRepeatOf() && !end.hasError()) {
      return new StreamFailure(
          FailureCodes.REPEATED,
          "the request '"
              + event.getRequestId()
              + "' was run before, as turn "
              + end.getRepeatOf()
              + " of its session");
    }
    return switch (end.getFinishReason()) {
      case "error" -> failure(end.getError());
      case "session_busy" ->
          new StreamFailure(
              FailureCodes.SESSION_BUSY,
              message(
                  end.getError(),
                  "the session has as many waiting turns as it may have; ask again when one has ended"));
      case "quarantined" ->
          new StreamFailure(
              FailureCodes.QUARANTINED,
              message(
                  end.getError(), "the turn crashed its workers repeatedly and is not run again"));
      default ->
          new ChoiceEnd(
              event.getTurn(),
              event.getChoice(),
              event.getIndex(),
              end.getFinishReason(),
              end.getText(),
              end.getUsage().getPromptTokens(),
              end.getUsage().getCompletionTokens(),
              end.getUsage().getCachedTokens(),
              end.getEmbeddingList(),
              offset);
    };
  }

  private static StreamFailure failure(Failure error) {
    String code = error.getCode().isEmpty() ? "error" : error.getCode();
    return new StreamFailure(code, message(error, "the turn ended with an error"));
  }

  private static String message(Failure error, String otherwise) {
    return error.getMessage().isEmpty() ? otherwise : error.getMessage();
  }
}
