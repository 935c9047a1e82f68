package dev.skein.worker.shard;

import dev.skein.proto.End;
import dev.skein.proto.Kind;
import dev.skein.proto.Request;
import dev.skein.proto.Token;
import dev.skein.proto.TurnId;
import dev.skein.worker.recovery.Witness;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What may become a turn, and which turns leave their session as it was. */
final class TurnRules {

  private static final int CHOICES_MAX = 16;

  private TurnRules() {}

  /** How many choices a request asks for. */
  static int choices(Request request) {
    return request.getKind() == Kind.KIND_GENERATE ? Math.max(1, request.getChoices()) : 1;
  }

  /** Takes out what earlier owners left of a request's turn, choice by choice. */
  static List<@Nullable Witness> witnesses(Map<String, Witness> known, RequestRecord request) {
    List<@Nullable Witness> ofChoices = new ArrayList<>();
    for (int i = 0; i < Math.min(CHOICES_MAX, choices(request.request())); i++) {
      ofChoices.add(known.remove(Witness.key(request.session(), request.requestId(), i)));
    }
    return ofChoices;
  }

  /**
   * A turn of which something was shown goes on only under the weights that drew that and where
   * they drew it, or, where sessions are not bound to theirs, only in the same words. What was
   * shown to its end is text, which any model may read.
   */
  static void checkShown(Workings shard, Session session, RequestRecord request, ServedModel model)
      throws Rejection {
    List<Token> shown = shown(shard.witnesses(), request);
    Witness first = shard.witnesses().get(Witness.key(request.session(), request.requestId()));
    if (first != null && !shown.isEmpty() && !first.weights().isEmpty()) {
      boolean isBound = shard.limits().keeping().onUpgrade() == Upgrade.ADOPT;
      checkWhereDrawn(first, isBound, session, request, model);
    }
    if (shown.stream().anyMatch(t -> Integer.compareUnsigned(t.getId(), model.vocabulary()) >= 0)) {
      throw model.otherWords(request.session());
    }
  }

  private static void checkWhereDrawn(
      Witness shown, boolean isBound, Session session, RequestRecord request, ServedModel model)
      throws Rejection {
    boolean isForeign = !model.hasWeights(shown.weights());
    End end = shown.end();
    boolean isWhole = end != null && !isWithoutState(end);
    if (isBound && !isWhole && isForeign) {
      throw model.otherTurn(request);
    }
    if (isBound && !isWhole && !session.here().isAt(shown.chain())) {
      throw new Rejection(
          "model_changed",
          "Request %s was begun after a turn that other weights did not take up; ask again for a whole answer."
              .formatted(request.requestId()));
    }
    if (isForeign && !model.tokenizer().digest().equals(shown.tokenizer())) {
      throw model.otherWords(request.session());
    }
  }

  private static List<Token> shown(Map<String, Witness> known, RequestRecord request) {
    List<Token> shown = new ArrayList<>();
    for (int i = 0; i < choices(request.request()); i++) {
      Witness choice = known.get(Witness.key(request.session(), request.requestId(), i));
      shown.addAll(choice == null ? List.of() : choice.tokens());
    }
    return shown;
  }

  /** Refuses what this worker does not run. */
  static void check(Request request, Session session) throws Rejection {
    Kind kind = request.getKind();
    if (kind != Kind.KIND_GENERATE && kind != Kind.KIND_EXTEND && kind != Kind.KIND_EMBED) {
      throw new Rejection(
          "unsupported", "This worker runs requests of kind generate, extend and embed only.");
    }
    if (kind == Kind.KIND_EMBED && !session.ephemeral) {
      throw new Rejection(
          "invalid_request",
          "A request of kind embed belongs to no session: leave it out, or say ephemeral.");
    }
    if (request.getChoices() > CHOICES_MAX) {
      throw new Rejection(
          "invalid_request", "n must be at most %d for this worker.".formatted(CHOICES_MAX));
    }
    checkTurn(request, session);
  }

  /** A conditional request: only if nothing came between. */
  static void checkTurn(Request request, Session session) throws Rejection {
    if (!request.getExpectRequest().isEmpty()
        && !standsAfter(session, request.getExpectRequest())) {
      throw new Rejection(
          "turn_mismatch",
          "The session has gone on since the turn that this one was to follow: fork it there.");
    }
    if (request.hasExpectTurn() && request.getExpectTurn() != session.nextTurn()) {
      throw new Rejection(
          "turn_mismatch",
          "The session's next turn is %d, not %d."
              .formatted(session.nextTurn(), request.getExpectTurn()));
    }
  }

  private static boolean standsAfter(Session session, String requestId) {
    TurnId turn = session.history.of(requestId);
    return turn != null && !turn.hasAnswer() && session.standsAt(turn.getTurn());
  }

  /** A turn that ended so has left no trace in its session's state. */
  static boolean isWithoutState(End end) {
    return end.getFinishReason().equals("error") || end.getFinishReason().equals("quarantined");
  }
}
