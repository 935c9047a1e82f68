package dev.skein.worker.shard;

import dev.skein.engine.DrawnToken;
import dev.skein.engine.Findings;
import dev.skein.engine.FinishReason;
import dev.skein.engine.GenerationEnd;
import dev.skein.proto.End;
import dev.skein.proto.Failure;
import dev.skein.proto.Manifest;
import dev.skein.proto.Standing;
import dev.skein.proto.Started;
import dev.skein.proto.Token;
import dev.skein.proto.TokenEvent;
import dev.skein.proto.TopLogprob;
import dev.skein.proto.TurnId;
import dev.skein.proto.TurnRef;
import dev.skein.proto.Usage;

/** The events that a shard writes, from the engine's words and its own decisions. */
final class Answers {

  private final int epoch;

  Answers(int epoch) {
    this.epoch = epoch;
  }

  TokenEvent started(Turn turn) {
    Started started =
        Started.newBuilder()
            .setAttempt(turn.failed() + 1)
            .setModel(turn.model().name())
            .setPromptTokens(turn.plan().prompt().length)
            .setRequestOffset(turn.record().offset())
            .setResumedAt(turn.midRead())
            .setNote(turn.record().request().getNote())
            .setWeights(turn.model().fingerprint().getModel())
            .setTokenizer(turn.model().tokenizer().digest())
            .setChain(turn.chain())
            .build();
    return event(turn.begun(), 0, 0).setStarted(started).build();
  }

  /** A turn is under way: what the log tells of it lies from there on. */
  TokenEvent underWay(Turn turn) {
    TokenEvent event = started(turn);
    return event.toBuilder()
        .setStarted(event.getStarted().toBuilder().setTokensFrom(turn.begun().beganAt()))
        .build();
  }

  TokenEvent token(Turn turn, int choice, DrawnToken drawn) {
    Token.Builder token = Token.newBuilder().setId(drawn.token()).setText(drawn.text());
    if (turn.record().request().hasLogprobs()) {
      token.setLogprob(drawn.logprob());
      drawn
          .top()
          .forEach(top ->
              token.addTopLogprobs(
                  TopLogprob.newBuilder()
                      .setId(top.token())
                      .setLogprob(top.logprob())
                      .setText(turn.model().text(top.token()))));
    }
    return event(turn.begun(), choice, drawn.index()).setToken(token).build();
  }

  /** A token that the log knows, written again for the readers of committed records. */
  TokenEvent token(Begun turn, int choice, int index, Token witnessed) {
    return event(turn, choice, index).setToken(witnessed).build();
  }

  TokenEvent ended(Begun turn, int choice, End end) {
    return event(turn, choice, end.getUsage().getCompletionTokens()).setEnd(end).build();
  }

  /** The answer to a request that never became a turn. */
  TokenEvent withoutTurn(String session, String requestId, long offset, End end) {
    return TokenEvent.newBuilder()
        .setSession(session)
        .setTurn(-1)
        .setEpoch(epoch)
        .setRequestId(requestId)
        .setEnd(end.toBuilder().setRequestOffset(offset))
        .build();
  }

  private TokenEvent.Builder event(Begun turn, int choice, int index) {
    return TokenEvent.newBuilder()
        .setSession(turn.record().session())
        .setTurn(turn.number())
        .setChoice(choice)
        .setIndex(index)
        .setEpoch(epoch)
        .setRequestId(turn.record().requestId());
  }

  /** How a choice of the turn ended, as the engine tells it. */
  static End end(Turn turn, int choice, GenerationEnd end) {
    boolean failed = end.reason() == FinishReason.ERROR;
    int shown = failed ? turn.begun().shownTokens(choice) : 0;
    End.Builder said =
        End.newBuilder()
            .setFinishReason(finishReason(turn, end))
            .setText(end.text())
            .setUsage(
                Usage.newBuilder()
                    .setPromptTokens(turn.plan().prompt().length)
                    .setCompletionTokens(Math.max(shown, end.completionTokens()))
                    .setCachedTokens(cached(turn, end)));
    if (failed) {
      said.setError(
          Failure.newBuilder().setCode("engine_error").setMessage(String.valueOf(end.error())));
    }
    Findings findings = end.findings();
    if (findings != null) {
      float[] vector = findings.mean().length > 0 ? findings.mean() : findings.hidden();
      for (float number : vector) {
        said.addEmbedding(number);
      }
    }
    return said.build();
  }

  /** Of this turn's prompt: the engine may have read the ends of earlier turns before it. */
  private static int cached(Turn turn, GenerationEnd end) {
    int earlier = end.promptTokens() - turn.plan().prompt().length;
    return Math.max(0, end.cachedTokens() - Math.max(0, earlier));
  }

  private static String finishReason(Turn turn, GenerationEnd end) {
    String wish = turn.endWish();
    return switch (end.reason()) {
      case STOP -> "stop";
      case LENGTH -> "length";
      case CANCELLED -> wish == null ? "cancelled" : wish;
      case ERROR -> "error";
    };
  }

  static End failure(String code, String message) {
    return failure("error", code, message);
  }

  static End failure(String finishReason, String code, String message) {
    return End.newBuilder()
        .setFinishReason(finishReason)
        .setError(Failure.newBuilder().setCode(code).setMessage(message))
        .build();
  }

  /** The failure of a turn that is not run: it has its place behind all that was shown. */
  static End after(Begun turn, End failure) {
    return failure.toBuilder()
        .setUsage(failure.getUsage().toBuilder().setCompletionTokens(turn.shownTokens(0)))
        .setRequestOffset(turn.record().offset())
        .build();
  }

  /** A turn that is not run any more. */
  static End quarantined(Turn turn) {
    String sentence =
        "This request was running when its worker died, %d times in a row, and is not run again."
            .formatted(turn.failed());
    return failure("quarantined", "quarantined", sentence).toBuilder()
        .setUsage(Usage.newBuilder().setPromptTokens(turn.plan().prompt().length))
        .build();
  }

  /** An operation was done: where the session stands now. */
  static End standing(Session session) {
    Standing.Builder standing =
        Standing.newBuilder()
            .setSession(session.id)
            .setNextTurn(session.nextTurn())
            .setTokensRead((int) Math.min(Integer.MAX_VALUE, session.here().tokensRead()));
    TurnRef head = session.here().head();
    if (head != null) {
      standing.setHeadTurn(head.getTurn());
    }
    return plain("stop").toBuilder().setStanding(standing).build();
  }

  /** A session of another shard was made. */
  static End standing(Manifest made) {
    Standing.Builder standing =
        Standing.newBuilder()
            .setSession(made.getSession())
            .setNextTurn(made.getNextTurn())
            .setTokensRead((int) Math.min(Integer.MAX_VALUE, made.getTokensRead()));
    if (made.hasHead()) {
      standing.setHeadTurn(made.getHead().getTurn());
    }
    return plain("stop").toBuilder().setStanding(standing).build();
  }

  static End failure(Rejection rejection) {
    return failure(rejection.code(), rejection.sentence());
  }

  static End busy(int limit) {
    return failure(
        "session_busy",
        "session_busy",
        "At most %d turns of a session may wait; ask again when one has ended, or cancel one."
            .formatted(limit));
  }

  /** The request was run before, as that turn, or answered before. */
  static End repeat(TurnId known) {
    End said = known.hasAnswer() ? known.getAnswer() : plain("stop");
    End.Builder end = said.toBuilder().setRepeatOf(known.getTurn());
    if (known.hasTokensFrom()) {
      end.setRepeatFrom(known.getTokensFrom());
    }
    return end.build();
  }

  static End plain(String finishReason) {
    return End.newBuilder().setFinishReason(finishReason).build();
  }
}
