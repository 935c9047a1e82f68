package dev.skein.worker.shard;

import dev.skein.engine.DrawnToken;
import dev.skein.engine.GenerationEnd;
import dev.skein.proto.Adoption;
import dev.skein.proto.End;
import dev.skein.proto.Token;
import dev.skein.proto.TokenEvent;
import dev.skein.worker.recovery.Witness;

/**
 * Says what becomes of turns and requests. What committed readers have seen already is not written
 * again, only pushed to the router that waits now.
 */
final class Announcements {

  private final Workings shard;
  private final Answers answers;

  Announcements(Workings shard) {
    this.shard = shard;
    this.answers = new Answers(shard.epoch());
  }

  void started(Turn turn) {
    RequestRecord record = turn.record();
    shard
        .effects()
        .accept(new Effect.Publish(answers.started(turn), record.json(), record.push(), true));
  }

  /** Tells a router that asks again for a turn under way where the log tells of it. */
  void underWay(Turn turn, RequestRecord again) {
    String push = again.push();
    if (push != null
        && turn.begun().beganAt() >= 0
        && again.requestId().equals(turn.record().requestId())) {
      shard.effects().accept(new Effect.Push(answers.underWay(turn), push));
    }
  }

  void drawn(Turn turn, int choice, DrawnToken token) {
    Begun begun = turn.begun();
    boolean isCommitted = token.index() < begun.committedTokens(choice);
    show(begun, answers.token(turn, choice, token), isCommitted);
  }

  /** The end of a choice that is not the turn's own. */
  void choiceEnded(Turn turn, int choice, GenerationEnd end) {
    Witness witness = turn.begun().witness(choice);
    End decided = witness == null ? null : witness.end();
    show(
        turn.begun(),
        answers.ended(
            turn.begun(), choice, decided != null ? decided : Answers.end(turn, choice, end)),
        witness != null && witness.endCommitted());
  }

  /** Everything that the log knows of a turn that is not run, but for its end. */
  void known(Begun turn) {
    known(turn, 0, 0);
    for (int choice = 1; choice < turn.choices(); choice++) {
      known(turn, choice, 0);
      Witness witness = turn.witness(choice);
      End end = witness == null ? null : witness.end();
      if (witness != null && end != null) {
        show(turn, answers.ended(turn, choice, end), witness.endCommitted());
      }
    }
  }

  /** Every token that the log knows of a choice from an index on. */
  void known(Begun turn, int choice, int from) {
    Witness witness = turn.witness(choice);
    if (witness == null) {
      return;
    }
    for (int index = Math.max(from, witness.from()); index < witness.size(); index++) {
      Token token = witness.tokens().get(index - witness.from());
      boolean isCommitted = index < turn.committedTokens(choice);
      show(turn, answers.token(turn, choice, index, token), isCommitted);
    }
  }

  /** Puts the request of a turn aside that is not run any more, and says how the turn ends. */
  End quarantined(Turn turn) {
    End end = Answers.quarantined(turn);
    shard.counts().quarantined++;
    shard.counts().deadLetters++;
    String why = end.getError().getMessage();
    shard.effects().accept(new Effect.DeadLetter(turn.record().raw(), "quarantined", why));
    return end;
  }

  void ended(Begun turn, End end) {
    Witness witness = turn.witness();
    show(turn, answers.ended(turn, 0, end), witness != null && witness.endCommitted());
  }

  /** The answer to a request that does not become a turn. */
  void answered(RequestRecord request, End end) {
    TokenEvent event =
        answers.withoutTurn(request.session(), request.requestId(), request.offset(), end);
    shard.effects().accept(new Effect.Publish(event, request.json(), request.push(), false));
  }

  /** The answer to a fork that was taken in earlier, perhaps by an earlier owner. */
  void forked(Adoption adoption, End end) {
    TokenEvent event =
        answers.withoutTurn(
            adoption.getParent(), adoption.getForkId(), adoption.getForkOffset(), end);
    String push = adoption.getPush().isEmpty() ? null : adoption.getPush();
    shard.effects().accept(new Effect.Publish(event, adoption.getJson(), push, false));
  }

  private void show(Begun turn, TokenEvent event, boolean isCommitted) {
    String push = turn.record().push();
    if (!isCommitted) {
      shard.effects().accept(new Effect.Publish(event, turn.record().json(), push, false));
    } else if (push != null) {
      shard.effects().accept(new Effect.Push(event, push));
    }
  }
}
