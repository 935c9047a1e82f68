package dev.skein.worker.shard;

import dev.skein.proto.End;
import dev.skein.proto.Kind;
import dev.skein.proto.TokenEvent;
import dev.skein.worker.recovery.ShownAnswers;
import dev.skein.worker.recovery.Witness;
import org.jspecify.annotations.Nullable;

/** The way from the log into the lines of the sessions: what may wait, and what is answered now. */
final class Intake {

  private final Workings shard;
  private final ShownAnswers shownAnswers;
  private final EarlyCancels earlyCancels;
  private final TurnRunner turns;
  private final Replies replies;
  private final Answers answers;

  Intake(
      Workings shard,
      ShownAnswers shownAnswers,
      EarlyCancels earlyCancels,
      TurnRunner turns,
      Replies replies) {
    this.shard = shard;
    this.shownAnswers = shownAnswers;
    this.earlyCancels = earlyCancels;
    this.turns = turns;
    this.replies = replies;
    this.answers = new Answers(shard.epoch());
  }

  /** A record that nobody can run: answered, if it names a session, and kept with the reason. */
  void setAside(RawRecord raw, Inbox.Unreadable unreadable) {
    ShownAnswers.Shown shown = shownAnswers.take(raw.offset());
    if (shown != null && shown.committed()) {
      return;
    }
    shard.counts().deadLetters++;
    shard.effects().accept(new Effect.DeadLetter(raw, unreadable.code(), unreadable.message()));
    String session = unreadable.session();
    if (session != null) {
      End end = Answers.failure(unreadable.code(), unreadable.message());
      TokenEvent event = answers.withoutTurn(session, unreadable.requestId(), raw.offset(), end);
      shard.effects().accept(new Effect.Publish(event, unreadable.json(), null, false));
    }
  }

  /** Takes a request into its session's line, or answers it. */
  void take(RequestRecord request, long nowMs) {
    Session session = shard.sessions().open(request);
    shard.counts().requests++;
    ShownAnswers.Shown shown = shownAnswers.of(request.offset());
    boolean isPromised = shown != null && !shown.committed() && shown.end().hasStanding();
    if (shown != null && !isPromised) {
      replies.repeat(request, shown);
      shard.sessions().settle(session);
      return;
    }
    if (session.ephemeral != request.ephemeral()) {
      replies.answer(
          request,
          Answers.failure(
              "invalid_request", "A session cannot be ephemeral and lasting at one time."));
    } else if (isBound(request) || request.request().getKind() == Kind.KIND_ADOPT) {
      queue(session, request);
    } else if (earlyCancels.take(request, nowMs)) {
      replies.answer(request, Answers.plain("cancelled"));
      shard.sessions().settle(session);
    } else if (isCrowded(session) || isChildCrowded(request)) {
      replies.answer(request, Answers.busy(shard.limits().waitingTurnsPerSession()));
    } else {
      queue(session, request);
    }
  }

  /** What was shown of a request binds: no new decision may precede it. */
  private boolean isBound(RequestRecord request) {
    String key = Witness.key(request.session(), request.requestId());
    return shard.witnesses().containsKey(key) || shownAnswers.of(request.offset()) != null;
  }

  private boolean isCrowded(Session session) {
    return session.waiting.size() >= shard.limits().waitingTurnsPerSession();
  }

  /** The session of this shard that a fork is to make, or null. */
  private @Nullable Session child(RequestRecord request) {
    return turns.operations().forks().waitsInBoth(request)
        ? shard.sessions().open(request.request().getTarget(), false)
        : null;
  }

  private boolean isChildCrowded(RequestRecord request) {
    Session child = child(request);
    return child != null && isCrowded(child);
  }

  private void queue(Session session, RequestRecord request) {
    Session child = child(request);
    if (child != null) {
      add(child, request);
    }
    add(session, request);
  }

  private void add(Session session, RequestRecord request) {
    session.waiting.add(request);
    if (session.phase != Phase.UNKNOWN) {
      turns.advance(session);
    } else {
      lookUp(session);
    }
  }

  /** Asks for what is stored of a session, once. */
  void lookUp(Session session) {
    if (session.phase == Phase.UNKNOWN && !session.lookUpSent) {
      session.lookUpSent = true;
      shard.effects().accept(new Effect.LookUp(session.id));
    }
  }

  /**
   * Ends a turn that runs or waits; false if there is none, nor has been: a cancel that comes too
   * late is not for the request that asks for the same turn again.
   *
   * @param of its session, for an id is unique in its session only; empty if that is not known
   */
  boolean cancel(String of, String requestId) {
    for (Session session : shard.sessions().active()) {
      Turn turn = session.turn();
      if (isMeant(turn.record(), of, requestId)) {
        turn.wishEnd("cancelled");
        turns.cancelIfDue(session, turn);
        return true;
      }
    }
    for (Session session : shard.sessions().all()) {
      for (RequestRecord queued : session.waiting) {
        if (isMeant(queued, of, requestId) && !isBound(queued) && !hasBegun(queued)) {
          withdraw(queued);
          return true;
        }
      }
    }
    Session named = shard.sessions().find(of);
    return named != null && named.history.of(requestId) != null;
  }

  /** A fork that is under way still holds its place in the line of the session to be made. */
  private boolean hasBegun(RequestRecord queued) {
    return !shard.sessions().get(queued.session()).waiting.contains(queued);
  }

  private static boolean isMeant(RequestRecord request, String session, String requestId) {
    return request.requestId().equals(requestId)
        && (session.isEmpty() || session.equals(request.session()));
  }

  private void withdraw(RequestRecord queued) {
    Session session = shard.sessions().get(queued.session());
    session.waiting.remove(queued);
    replies.answer(queued, Answers.plain("cancelled"));
    turns.advance(session);
  }
}
