package dev.skein.worker.shard;

import dev.skein.proto.End;
import dev.skein.proto.Kind;
import dev.skein.proto.TokenEvent;
import dev.skein.worker.recovery.ShownAnswers;
import dev.skein.worker.recovery.Witness;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The way from the log into the lines of the sessions: what may wait, and what is answered now. */
final class Intake {

  private final Workings shard;
  private final ShownAnswers shownAnswers;
  private final EarlyCancels earlyCancels;
  private final TurnRunner turns;
  private final Replies replies;
  private final Answers answers;
  private final Announcements announcements;

  Intake(Workings shard, EarlyCancels earlyCancels, TurnRunner turns, Replies replies) {
    this.shard = shard;
    this.shownAnswers = shard.shownAnswers();
    this.earlyCancels = earlyCancels;
    this.turns = turns;
    this.replies = replies;
    this.answers = new Answers(shard.epoch());
    this.announcements = new Announcements(shard);
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
    if (shown != null && !shownAnswers.isPromised(request.offset())) {
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
    } else if (!session.askers.isUnderWay(request.requestId())
        && earlyCancels.take(request, router(request), nowMs)) {
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
    Turn turn = session.turn;
    if (turn != null) {
      announcements.underWay(turn, request);
    }
    session.askers.asked(request);
    add(session, request);
  }

  private static String router(RequestRecord request) {
    return Objects.requireNonNullElse(request.push(), "");
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
   * A router waits from now on for a turn that runs or waits.
   *
   * @param of its session; empty if that is not known
   */
  void await(String of, String requestId, String router) {
    Session named = shard.sessions().find(of);
    if (named != null) {
      waitsAt(named, requestId, router);
    } else if (of.isEmpty()) {
      shard.sessions().all().forEach(session -> waitsAt(session, requestId, router));
    }
  }

  private static void waitsAt(Session session, String requestId, String router) {
    if (session.askers.isUnderWay(requestId)) {
      session.askers.waitsAt(requestId, router);
    }
  }

  /**
   * Ends a turn that runs or waits; false if there is none, nor has been: a cancel that comes too
   * late is not for the request that asks for the same turn again.
   *
   * @param of its session, for an id is unique in its session only; empty if that is not known
   * @param router whose client has left: the turn goes on where another waits; empty: it ends
   */
  boolean cancel(String of, String requestId, String router) {
    boolean isKnown = false;
    for (Session session : shard.sessions().active()) {
      Turn turn = session.turn();
      if (isMeant(turn.record(), of, requestId)) {
        isKnown = true;
        if (session.askers.isLast(turn.record(), router)) {
          turn.wishEnd("cancelled");
          turns.launch().cancelIfDue(session, turn);
          return true;
        }
      }
    }
    for (Session session : shard.sessions().all()) {
      List<RequestRecord> meant = session.waiting.allOf(queued -> isMeant(queued, of, requestId));
      if (meant.stream().anyMatch(queued -> !isEnded(queued, router))) {
        isKnown = true;
        continue;
      }
      List<RequestRecord> free =
          meant.stream().filter(queued -> !isBound(queued) && !hasBegun(queued)).toList();
      if (!free.isEmpty()) {
        withdraw(free);
        return true;
      }
    }
    Session named = shard.sessions().find(of);
    return isKnown || (named != null && named.history.of(requestId) != null);
  }

  /** Whether this ends what waits: where its turn runs already that is told by the log. */
  private boolean isEnded(RequestRecord queued, String router) {
    Session session = shard.sessions().get(queued.session());
    Turn turn = session.turn;
    boolean runs = turn != null && turn.record().requestId().equals(queued.requestId());
    return !runs && session.askers.isLast(queued, router);
  }

  /** A fork that is under way still holds its place in the line of the session to be made. */
  private boolean hasBegun(RequestRecord queued) {
    return !shard.sessions().get(queued.session()).waiting.contains(queued);
  }

  private static boolean isMeant(RequestRecord request, String session, String requestId) {
    return request.requestId().equals(requestId)
        && (session.isEmpty() || session.equals(request.session()));
  }

  private void withdraw(List<RequestRecord> queued) {
    Session session = shard.sessions().get(queued.getFirst().session());
    queued.forEach(session.waiting::remove);
    queued.forEach(each -> replies.answer(each, Answers.plain("cancelled")));
    turns.advance(session);
  }
}
