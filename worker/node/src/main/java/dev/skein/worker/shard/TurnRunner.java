package dev.skein.worker.shard;

import dev.skein.engine.FinishReason;
import dev.skein.engine.GenerationEnd;
import dev.skein.proto.End;
import dev.skein.proto.Slot;
import dev.skein.proto.TurnId;
import dev.skein.proto.UnfinishedTurn;
import dev.skein.worker.recovery.Witness;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Takes turns from their sessions' queues to their ends: launched → tokens published → ended →
 * snapshot, if re-reading would cost more than storing → manifest → request done.
 */
final class TurnRunner {

  private final Workings shard;
  private final Announcements announcements;
  private final Checkpoints checkpoints;
  private final Departure departure;
  private final TurnLaunch launch;
  private final Transcripts transcripts;
  private final Operations operations;
  private final Inbox inbox;
  private final Replies replies;
  private final Refusals refusals;
  private final Set<Session> held = new LinkedHashSet<>();

  /**
   * @param wasCancelled asked about a request when its turn begins
   */
  TurnRunner(
      Workings shard,
      Checkpoints checkpoints,
      Transcripts transcripts,
      Inbox inbox,
      Replies replies,
      Predicate<RequestRecord> wasCancelled) {
    this.shard = shard;
    this.announcements = new Announcements(shard);
    this.checkpoints = checkpoints;
    this.departure = new Departure(shard, checkpoints);
    this.launch = new TurnLaunch(shard, checkpoints, departure, wasCancelled, this::end);
    this.transcripts = transcripts;
    this.inbox = inbox;
    this.replies = replies;
    this.refusals = new Refusals(shard, checkpoints, replies);
    this.operations = new Operations(shard, checkpoints, replies, refusals, inbox, this::advance);
    replies.onCleared(this::letIn);
  }

  Operations operations() {
    return operations;
  }

  Departure departure() {
    return departure;
  }

  TurnLaunch launch() {
    return launch;
  }

  void lookedUp(Session session) {
    session.enter(Phase.IDLE);
    advance(session);
  }

  /** Begins the next turn of an idle session: one left in its middle first. */
  void advance(Session session) {
    while (!departure.isDraining() && session.phase == Phase.IDLE && session.hasNext()) {
      UnfinishedTurn unfinished = session.unfinished;
      RequestRecord request = unfinished == null ? session.waiting.peek() : inbox.again(unfinished);
      if (unfinished == null && operations.forks().mustWait(session, request)) {
        return;
      }
      if (!shard.isolation().admits(request.session(), request.offset(), this::waitsForOthers)) {
        held.add(session);
        return;
      }
      if (unfinished == null) {
        session.waiting.remove();
      }
      try {
        if (unfinished == null) {
          begin(session, request);
        } else {
          session.unfinished = null;
          takeUp(session, request, unfinished);
        }
      } catch (Rejection rejection) {
        refusals.refuse(session, request, unfinished, rejection);
        operations.forks().hearAgain(session);
      }
    }
    shard.sessions().settle(session);
  }

  private boolean waitsForOthers(String name) {
    Session session = shard.sessions().find(name);
    return session != null && session.waiting.hasOf(request -> !request.session().equals(name));
  }

  /** Turns that had to wait for a suspect may begin. */
  private void letIn() {
    List<Session> waiting = List.copyOf(held);
    held.clear();
    waiting.forEach(this::advance);
  }

  private void begin(Session session, RequestRecord request) throws Rejection {
    TurnId first = session.history.of(request.requestId());
    if (first != null) {
      List<@Nullable Witness> _ = TurnRules.witnesses(shard.witnesses(), request);
      shard.counts().repeats++;
      replies.answer(request, Answers.repeat(first));
      return;
    }
    if (operations.take(session, request)) {
      return;
    }
    TurnRules.check(request.request(), session);
    ServedModel model = shard.models().of(request.request().getModel(), session);
    NamedState start = model.start(session, request.request().getStartState());
    int known = Conversation.known(session, request.request());
    TurnPlan plan = TurnPlan.of(request, model, session.isFresh(), start, known);
    TurnRules.checkShown(shard, session, request, model);
    List<@Nullable Witness> witnesses = TurnRules.witnesses(shard.witnesses(), request);
    int number = Begun.numberOf(witnesses.getFirst(), session.nextTurn());
    Begun begun = new Begun(request, number, witnesses);
    Turn turn = new Turn(begun, plan, session.isFresh(), session.here().chain(), model);
    launch.launch(session, turn, session.missing());
  }

  /** Goes on with a turn that an earlier owner stored in its middle. */
  private void takeUp(Session session, RequestRecord request, UnfinishedTurn left)
      throws Rejection {
    ServedModel model = shard.models().of(request.request().getModel(), session);
    NamedState start = model.start(session, request.request().getStartState());
    int known = Conversation.known(session, request.request());
    TurnPlan plan = TurnPlan.of(request, model, left.getFresh(), start, known);
    TurnRules.checkShown(shard, session, request, model);
    List<@Nullable Witness> witnesses = TurnRules.witnesses(shard.witnesses(), request);
    Begun begun = new Begun(request, left.getTurn(), witnesses);
    begun.takenUp(left);
    Turn turn = new Turn(begun, plan, left.getFresh(), session.here().chain(), model);
    Slot slot = left.getSlot();
    turn.storedMid(slot, checkpoints.readBy(session), turn.firstOffset());
    launch.launch(session, turn, slot);
  }

  void drawn(Session session, ShardEvent.Drawn drawn, long nowMs) {
    if (session.phase != Phase.RUNNING) {
      return;
    }
    Turn turn = session.turn();
    shard.counts().generatedTokens++;
    checkpoints.ran(1, nowMs);
    announcements.drawn(turn, drawn.choice(), drawn.token());
    if (drawn.choice() > 0) {
      return;
    }
    turn.drew(drawn.token().token());
    launch.cancelIfDue(session, turn);
    if (shard.isolation().drew(turn.record().offset(), turn.newTokens())) {
      letIn();
    }
    departure.drew(session);
  }

  void ended(Session session, ShardEvent.Ended ended, long nowMs) {
    if (session.phase != Phase.RUNNING) {
      return;
    }
    Turn turn = session.turn();
    if (turn.branches().forks(ended.end())) {
      launch.run(session, turn, nowMs);
      return;
    }
    if (ended.end().reason() == FinishReason.ERROR) {
      notFed(turn, ended);
    }
    if (ended.choice() > 0) {
      announcements.choiceEnded(turn, ended.choice(), ended.end());
    }
    GenerationEnd first = turn.branches().ended(ended.choice(), ended.end());
    if (first == null) {
      return;
    }
    End decided = turn.decided();
    End end = decided != null ? decided : Answers.end(turn, 0, first);
    if (first.reason() == FinishReason.ERROR || turn.branches().isBefore()) {
      session.close(turn);
    } else {
      transcripts.ended(session, turn, first, end);
    }
    launch.left();
    end(session, turn, end, nowMs);
  }

  /** What was shown before and the engine did not come to stays shown. */
  private void notFed(Turn turn, ShardEvent.Ended ended) {
    if (turn.branches().isBefore()) {
      announcements.known(turn.begun());
    } else {
      announcements.known(turn.begun(), ended.choice(), ended.end().completionTokens());
    }
  }

  /** Shows the end and stores what the session must remember, in one transaction. */
  private void end(Session session, Turn turn, End end, long nowMs) {
    departure.ended(session);
    announcements.ended(turn.begun(), end);
    if (!session.ephemeral) {
      checkpoints.writeHead(session);
    }
    shard.sessions().end(session);
    if (session.phase != Phase.IDLE) {
      session.enter(Phase.IDLE);
    }
    session.stay();
    operations.forks().hearAgain(session);
    shard.counts().turns++;
    replies.finish(turn.record());
    checkpoints.ended(session, nowMs);
    advance(session);
  }

  /** The middle of a turn: stored, and in a drain the end of what this owner does with it. */
  void midway(Session session, ShardEvent.Midway midway, long nowMs) {
    if (session.phase != Phase.RUNNING) {
      return;
    }
    boolean stores = checkpoints.midway(session, midway, nowMs);
    if (!departure.cameMidway(session) && !stores) {
      checkpoints.goOn(session);
    }
  }

  void snapshotStored(Session session, Slot slot, long nowMs) {
    switch (checkpoints.stored(session, slot, nowMs)) {
      case STALE, HEAD -> advance(session);
      case MIDDLE -> {
        replies.stored(session.turn().record());
        if (session.phase == Phase.HANDED_OVER) {
          return;
        }
        if (!departure.storedMidway(session)) {
          checkpoints.goOn(session);
          replies.clear(session.turn().record());
        }
      }
    }
  }
}
