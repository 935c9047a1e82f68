package dev.skein.worker.shard;

import dev.skein.engine.Generation;
import dev.skein.proto.End;
import dev.skein.proto.Slot;
import dev.skein.proto.Snapshot;
import dev.skein.worker.recovery.Isolation;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Takes turns into the engine: state fetched → {@code started} acknowledged → run. A worker that a
 * turn kills dies behind that acknowledgement, so that its attempts are counted. Nobody waits for
 * it where the owner before ran the turn and gave it away in order.
 */
final class TurnLaunch {

  private final Workings shard;
  private final Announcements announcements;
  private final Checkpoints checkpoints;
  private final Departure departure;
  private final Predicate<RequestRecord> wasCancelled;
  private final Ending ending;
  private final Queue<Session> unawaited = new ArrayDeque<>();
  private int running;

  /** Shows how a turn ends, and stores what its session must remember. */
  interface Ending {
    void end(Session session, Turn turn, End end, long nowMs);
  }

  /**
   * @param wasCancelled asked about a request when its turn begins
   * @param ending of turns that never come into the engine
   */
  TurnLaunch(
      Workings shard,
      Checkpoints checkpoints,
      Departure departure,
      Predicate<RequestRecord> wasCancelled,
      Ending ending) {
    this.shard = shard;
    this.announcements = new Announcements(shard);
    this.checkpoints = checkpoints;
    this.departure = departure;
    this.wasCancelled = wasCancelled;
    this.ending = ending;
  }

  /** Turns on their way through the engine. */
  int running() {
    return running;
  }

  /** A turn has left the engine. */
  void left() {
    running--;
  }

  /**
   * Begins.
   *
   * @param missing the snapshot that the session must be loaded from before, or null
   */
  void launch(Session session, Turn turn, @Nullable Slot missing) {
    shard.sessions().begin(session, turn);
    if (wasCancelled.test(turn.record())) {
      turn.wishEnd("cancelled");
    }
    End decided = turn.decided();
    if (decided == null && Isolation.isConvicted(turn.failed())) {
      failWithoutState(session, turn, announcements.quarantined(turn));
    } else if (decided != null && TurnRules.isWithoutState(decided)) {
      endWithoutState(session, turn, decided);
    } else if (missing == null) {
      start(session, turn);
    } else {
      session.enter(Phase.LOADING);
      shard.effects().accept(new Effect.LoadState(session.id, missing));
    }
  }

  /** Ends a turn that is not run: what was shown of it stays shown, the state stays as it was. */
  private void endWithoutState(Session session, Turn turn, End end) {
    announcements.known(turn.begun());
    session.close(turn.begun());
    ending.end(session, turn, end.toBuilder().setRequestOffset(turn.record().offset()).build(), 0);
  }

  /** The same, for this reason unless another is in the log. */
  private void failWithoutState(Session session, Turn turn, End failure) {
    End decided = turn.decided();
    endWithoutState(
        session, turn, decided != null ? decided : Answers.after(turn.begun(), failure));
  }

  void stateLoaded(Session session, ShardEvent.StateLoaded loaded) {
    Turn turn = session.turn();
    Snapshot snapshot = loaded.snapshot();
    if (turn.mid() != null) {
      midLoaded(session, turn, snapshot);
      return;
    }
    if (snapshot == null) {
      String why = String.valueOf(loaded.failure());
      failWithoutState(session, turn, Answers.failure("state_unavailable", why));
      return;
    }
    shard.sessions().changing(session, () -> session.loaded(StateBytes.read(snapshot.getState())));
    shard.counts().replayTokens += session.unread().length;
    start(session, turn);
  }

  /** Without its middle a turn runs from its start, as its log says. */
  private void midLoaded(Session session, Turn turn, @Nullable Snapshot snapshot) {
    if (snapshot != null && !turn.model().made(snapshot.getFingerprint())) {
      failWithoutState(session, turn, Answers.failure(turn.model().otherWeights(session)));
      return;
    }
    try {
      if (snapshot != null) {
        turn.resumeFrom(turn.plan().checked(MidTurn.of(snapshot)));
      }
    } catch (IllegalArgumentException e) {
      shard.counts().unreadable++;
    }
    if (turn.resume() != null) {
      start(session, turn);
      return;
    }
    turn.forgetMid();
    Slot head = session.missing();
    if (head == null) {
      start(session, turn);
    } else {
      session.enter(Phase.LOADING);
      shard.effects().accept(new Effect.LoadState(session.id, head));
    }
  }

  private void start(Session session, Turn turn) {
    session.enter(Phase.STARTING);
    turn.startsAbove(checkpoints.logEnd());
    running++;
    announcements.started(turn);
    if (turn.isTrusted() && turn.failed() == 0) {
      unawaited.add(session);
    }
  }

  /** Hands those turns to the engine whose {@code started} nobody waits for. */
  void runUnawaited(long nowMs) {
    Session next = unawaited.poll();
    while (next != null) {
      next.turn().startedAt(next.turn().firstOffset());
      begin(next, next.turn(), nowMs);
      next = unawaited.poll();
    }
  }

  void startAcknowledged(ShardEvent.StartAcknowledged started, long nowMs) {
    checkpoints.acknowledged(started.offset() + 1);
    Session session = shard.sessions().find(started.session());
    if (session == null
        || session.phase != Phase.STARTING
        || session.turn().number() != started.turn()) {
      return;
    }
    session.turn().startedAt(started.offset());
    begin(session, session.turn(), nowMs);
  }

  private void begin(Session session, Turn turn, long nowMs) {
    session.waiting.forEach(again -> announcements.underWay(turn, again));
    if (departure.isDraining()) {
      session.enter(Phase.HANDED_OVER);
      return;
    }
    session.enter(Phase.RUNNING);
    shard.counts().replayTokens += turn.witnessed().size();
    MidTurn resume = turn.resume();
    int prompt = turn.plan().promptLeft(resume);
    shard.counts().promptTokens += prompt;
    checkpoints.ran(prompt, nowMs);
    try {
      Generation generation = turn.plan().generation(session, turn);
      if (resume == null) {
        turn.runs(generation, -session.unread().length, session.idsOf(turn));
      } else {
        turn.runs(generation, resume.read(), turn.plan().idsOf(resume));
      }
    } catch (IllegalArgumentException e) {
      running--;
      String why = String.valueOf(e.getMessage());
      failWithoutState(session, turn, Answers.failure("invalid_request", why));
      return;
    }
    run(session, turn, nowMs);
  }

  /** Offers to the engine what of a turn is not there yet. */
  void run(Session session, Turn turn, long nowMs) {
    shard.run(session.id, turn);
    checkpoints.runs(session, nowMs);
    cancelIfDue(session, turn);
  }

  /** What the engine had no room for is offered again. */
  void offerAgain(long nowMs) {
    shard.sessions().refused().forEach(session -> run(session, session.turn(), nowMs));
  }

  /** Asks the engine to end a turn, once it is past every token that is in the log. */
  void cancelIfDue(Session session, Turn turn) {
    if (session.phase == Phase.RUNNING && turn.takeCancel()) {
      shard.cancel(session.id, turn);
    }
  }
}
