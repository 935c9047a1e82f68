package dev.skein.worker.shard;

import dev.skein.engine.FinishReason;
import dev.skein.engine.Generation;
import dev.skein.engine.SessionState;
import dev.skein.proto.End;
import dev.skein.proto.Kind;
import dev.skein.proto.Manifest;
import dev.skein.proto.Request;
import dev.skein.proto.Slot;
import dev.skein.proto.TokenEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes turns from their sessions' queues to their ends: state fetched → {@code started}
 * acknowledged → run → tokens published → ended → snapshot, if re-reading would cost more than
 * storing → manifest → request done.
 */
final class TurnRunner {

  private final int epoch;
  private final Answers answers;
  private final Map<String, Witness> witnesses;
  private final ServedModels models;
  private final ShardLimits limits;
  private final ShardCounts counts;
  private final SessionTable sessions;
  private final Consumer<Effect> effects;
  private final Consumer<RequestRecord> done;
  private final List<Session> refusedByEngine = new ArrayList<>();
  private int running;

  /**
   * @param witnesses what earlier owners left, by (session, request id); taken out as turns begin
   * @param done told of every request that needs no further thought
   */
  TurnRunner(
      int epoch,
      Map<String, Witness> witnesses,
      ServedModels models,
      ShardLimits limits,
      ShardCounts counts,
      SessionTable sessions,
      Consumer<Effect> effects,
      Consumer<RequestRecord> done) {
    this.epoch = epoch;
    this.answers = new Answers(epoch);
    this.witnesses = witnesses;
    this.models = models;
    this.limits = limits;
    this.counts = counts;
    this.sessions = sessions;
    this.effects = effects;
    this.done = done;
  }

  int running() {
    return running;
  }

  void lookedUp(Session session, @Nullable Manifest manifest) {
    session.restore(manifest);
    session.enter(Session.Phase.IDLE);
    advance(session);
  }

  /** Begins the next turn of an idle session. */
  void advance(Session session) {
    while (session.phase == Session.Phase.IDLE && !session.waiting.isEmpty()) {
      RequestRecord request = session.waiting.remove();
      try {
        begin(session, request);
      } catch (Rejection rejection) {
        answer(request, Answers.failure(rejection.code(), rejection.sentence()));
      }
    }
    sessions.settle(session);
  }

  private void begin(Session session, RequestRecord request) throws Rejection {
    Witness witness = witnesses.remove(Witness.key(session.id, request.requestId()));
    if (witness != null && witness.end() != null && witness.turn() < 0) {
      repeatAnswer(request, witness, witness.end());
      return;
    }
    int known = session.turnOf(request.requestId());
    if (known >= 0) {
      counts.repeats++;
      answer(request, Answers.plain("stop").toBuilder().setRepeatOf(known).build());
      return;
    }
    check(request.request(), session);
    ServedModel model = models.of(request.request().getModel(), session);
    NamedState start = model.start(session, request.request().getStartState());
    TurnPlan plan = TurnPlan.of(request, model, session.isFresh(), start);
    int number =
        witness == null ? session.nextTurn() : Math.max(witness.turn(), session.nextTurn());
    Turn turn = new Turn(request, number, plan, model, witness);
    sessions.begin(session, turn);
    End decided = turn.decided();
    if (decided != null && isWithoutState(decided)) {
      session.close(turn, model);
      end(session, turn, decided);
      return;
    }
    Slot missing = session.missing();
    if (missing == null) {
      start(session, turn);
    } else {
      session.enter(Session.Phase.LOADING);
      effects.accept(new Effect.LoadState(session.id, missing));
    }
  }

  private static void check(Request request, Session session) throws Rejection {
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

  private static boolean isWithoutState(End end) {
    return end.getFinishReason().equals("error") || end.getFinishReason().equals("quarantined");
  }

  void stateLoaded(Session session, ShardEvent.StateLoaded loaded) {
    Turn turn = session.turn();
    SessionState state = loaded.state();
    if (state == null) {
      sessions.end(session);
      session.enter(Session.Phase.IDLE);
      String why = String.valueOf(loaded.failure());
      answer(turn.record(), Answers.failure("state_unavailable", why));
      advance(session);
      return;
    }
    sessions.changing(session, () -> session.loaded(state));
    counts.replayTokens += session.unread().length;
    start(session, turn);
  }

  private void start(Session session, Turn turn) {
    session.enter(Session.Phase.STARTING);
    running++;
    effects.accept(
        new Effect.Publish(
            answers.started(turn), turn.record().json(), turn.record().push(), true));
  }

  void startAcknowledged(Session session, long offset) {
    Turn turn = session.turn();
    turn.startedAt(offset);
    session.enter(Session.Phase.RUNNING);
    counts.replayTokens += turn.witnessed().size();
    counts.promptTokens += turn.plan().prompt().length;
    try {
      turn.generation(turn.plan().generation(session, turn));
    } catch (IllegalArgumentException e) {
      running--;
      session.close(turn, turn.model());
      end(session, turn, Answers.failure("invalid_request", String.valueOf(e.getMessage())));
      return;
    }
    run(session, turn);
  }

  private void run(Session session, Turn turn) {
    effects.accept(
        new Effect.Run(session.id, turn.number(), turn.model().name(), turn.generation()));
    cancelIfDue(session, turn);
  }

  /** The engine had no room: the turn is offered again. */
  void refused(Session session) {
    refusedByEngine.add(session);
  }

  boolean hasRefused() {
    return !refusedByEngine.isEmpty();
  }

  void offerAgain() {
    List<Session> again = List.copyOf(refusedByEngine);
    refusedByEngine.clear();
    again.forEach(session -> run(session, session.turn()));
  }

  void drawn(Session session, ShardEvent.Drawn drawn) {
    Turn turn = session.turn();
    turn.drew();
    counts.generatedTokens++;
    boolean known = drawn.token().index() < turn.committedTokens();
    show(turn, answers.token(turn, drawn.token()), known);
    cancelIfDue(session, turn);
  }

  /** Publishes an event; one that committed readers have seen is only pushed. */
  private void show(Turn turn, TokenEvent event, boolean isCommitted) {
    String push = turn.record().push();
    if (!isCommitted) {
      effects.accept(new Effect.Publish(event, turn.record().json(), push, false));
    } else if (push != null) {
      effects.accept(new Effect.Push(event, push));
    }
  }

  /** Asks the engine to end a turn, once it is past every token that is in the log. */
  void cancelIfDue(Session session, Turn turn) {
    if (session.phase == Session.Phase.RUNNING && turn.takeCancel()) {
      Generation generation = turn.generation();
      effects.accept(new Effect.Cancel(session.id, turn.number(), turn.model().name(), generation));
    }
  }

  void ended(Session session, ShardEvent.Ended ended) {
    Turn turn = session.turn();
    End decided = turn.decided();
    End end = decided != null ? decided : Answers.end(turn, ended.end());
    if (ended.end().reason() == FinishReason.ERROR) {
      session.close(turn, turn.model());
    } else {
      sessions.changing(session, () -> session.apply(turn, ended.end(), turn.model()));
    }
    running--;
    end(session, turn, end);
  }

  /** Shows the end and stores what the session must remember. */
  private void end(Session session, Turn turn, End end) {
    Witness witness = turn.witness();
    show(turn, answers.ended(turn, end), witness != null && witness.endCommitted());
    boolean worthStoring =
        session.phase == Session.Phase.RUNNING
            && !session.ephemeral
            && session.state() != null
            && session.tailLength() > limits.checkpointTokens();
    if (worthStoring) {
      session.enter(Session.Phase.STORING);
      effects.accept(
          new Effect.StoreSnapshot(
              session.id, session.freeSlot(), session.snapshot(turn.model().architecture())));
    } else {
      close(session, turn);
    }
  }

  void snapshotStored(Session session, Slot slot) {
    session.stored(slot);
    counts.checkpoints++;
    counts.checkpointBytes += slot.getBytes();
    close(session, session.turn());
  }

  private void close(Session session, Turn turn) {
    if (!session.ephemeral) {
      effects.accept(new Effect.StoreManifest(session.manifest(epoch, turn.record().logTimeMs())));
      sessions.wrote(session);
    }
    sessions.end(session);
    if (session.phase != Session.Phase.IDLE) {
      session.enter(Session.Phase.IDLE);
    }
    counts.turns++;
    done.accept(turn.record());
    advance(session);
  }

  /** Answers a request that does not become a turn. */
  void answer(RequestRecord request, End end) {
    TokenEvent event =
        answers.withoutTurn(request.session(), request.requestId(), request.offset(), end);
    effects.accept(new Effect.Publish(event, request.json(), request.push(), false));
    done.accept(request);
  }

  private void repeatAnswer(RequestRecord request, Witness witness, End end) {
    if (witness.endCommitted()) {
      done.accept(request);
    } else {
      answer(request, end);
    }
  }
}
