package dev.skein.worker.shard;

import dev.skein.proto.Control;
import dev.skein.proto.End;
import dev.skein.proto.OpenTurn;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Tenure;
import dev.skein.proto.TokenEvent;
import dev.skein.store.ShardStore.Acquired;
import dev.skein.worker.recovery.CheckpointPolicy;
import dev.skein.worker.recovery.Isolation;
import dev.skein.worker.recovery.ShownAnswers;
import dev.skein.worker.recovery.Witness;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * All sessions of one shard under one epoch: a state machine fed with events in the order in which
 * its owner sees them. Turns of one session follow each other in log order, turns of different
 * sessions run together.
 */
public final class Shard {

  /** How soon a turn that the engine had no room for is offered again. */
  private static final long OFFER_AGAIN_MS = 5;

  private final ShardRecord acquired;
  private final ShardLimits limits;
  private final Inbox inbox;
  private final Answers answers;
  private final OffsetWindow window;
  private final Workings workings;
  private final Checkpoints checkpoints;
  private final ForwardedMarks marks;
  private final ShownAnswers shownAnswers;
  private final EarlyCancels earlyCancels;
  private final SessionTable sessions;
  private final TurnRunner turns;
  private final ShardCounts counts = new ShardCounts();

  private List<Effect> effects = new ArrayList<>();
  private long controlsOffset;
  private boolean paused;
  private boolean draining;
  private boolean turnEnded;
  private long nowMs;

  /**
   * @param number the shard's number, which is its partition's
   * @param shards how many there are in the pool
   * @param acquired what the store found at acquisition
   * @param models the models of the pool
   */
  public Shard(int number, int shards, Acquired acquired, ServedModels models, ShardLimits limits) {
    this.acquired = acquired.record();
    this.limits = limits;
    this.inbox = new Inbox(number, shards);
    this.answers = new Answers(acquired.epoch());
    this.window = new OffsetWindow(this.acquired.getWatermark(), this.acquired.getFinishedList());
    this.marks = new ForwardedMarks(number, this.acquired.getForwardedList());
    this.controlsOffset = this.acquired.getControlsOffset();
    this.earlyCancels = new EarlyCancels(limits.earlyCancels(), limits.earlyCancelMs());
    this.sessions = new SessionTable(limits);
    Map<String, Witness> witnesses = Witness.gather(acquired, window::isDone);
    this.shownAnswers = new ShownAnswers(acquired.tail(), window::isDone);
    this.workings =
        new Workings(
            acquired.epoch(),
            witnesses,
            new Isolation(witnesses),
            models,
            limits,
            counts,
            sessions,
            effect -> effects.add(effect));
    CheckpointPolicy policy =
        new CheckpointPolicy(limits.checkpointTokens(), limits.checkpointAgeMs());
    this.checkpoints = new Checkpoints(workings, policy, this.acquired.getOpenTurnsList());
    checkpoints.acknowledged(acquired.tokensEnd());
    this.turns =
        new TurnRunner(
            workings, checkpoints, inbox, this::finish, id -> earlyCancels.take(id, nowMs));
  }

  /** Takes one event and says what is to be done; {@code nowMs} is the owner's clock. */
  public List<Effect> on(ShardEvent event, long nowMs) {
    this.nowMs = nowMs;
    effects = new ArrayList<>();
    switch (event) {
      case ShardEvent.Acquired() -> takeUp();
      case ShardEvent.RequestRead read -> requestRead(read.raw());
      case ShardEvent.ControlRead read -> controlRead(read.offset(), read.control());
      case ShardEvent.LookedUp found ->
          turns.lookedUp(sessions.get(found.session()), found.manifest());
      case ShardEvent.StateLoaded loaded ->
          turns.stateLoaded(sessions.get(loaded.session()), loaded);
      case ShardEvent.StartAcknowledged started ->
          turns.startAcknowledged(sessions.get(started.session()), started.offset(), nowMs);
      case ShardEvent.Drawn drawn -> turns.drawn(sessions.get(drawn.session()), drawn, nowMs);
      case ShardEvent.Midway midway -> turns.midway(sessions.get(midway.session()), midway, nowMs);
      case ShardEvent.Compared compared -> compared(compared.agrees());
      case ShardEvent.Ended ended -> turns.ended(sessions.get(ended.session()), ended, nowMs);
      case ShardEvent.EngineFull full -> sessions.get(full.session()).turn().refused(full.choice());
      case ShardEvent.SnapshotStored stored ->
          turns.snapshotStored(sessions.get(stored.session()), stored.slot(), nowMs);
      case ShardEvent.Forwarded forwarded -> window.finish(forwarded.offset());
      case ShardEvent.Committed() -> committed();
      case ShardEvent.Drain() -> drain();
      case ShardEvent.Tick() -> tick();
    }
    flow();
    return effects;
  }

  /**
   * The shard record as it stands.
   *
   * @param tokensEnd an offset of {@code tokens} at or below every event that is not acknowledged
   *     yet
   */
  public ShardRecord record(Tenure tenure, long tokensEnd) {
    checkpoints.acknowledged(tokensEnd);
    ShardRecord.Builder record =
        acquired.toBuilder()
            .clearFinished()
            .clearForwarded()
            .clearOpenTurns()
            .addAllOpenTurns(checkpoints.openTurns())
            .setWatermark(window.watermark())
            .addAllFinished(window.finished())
            .setControlsOffset(controlsOffset)
            .setTokensFrom(Math.min(oldestOpenEvent(), tokensEnd))
            .setTenure(tenure);
    marks
        .at(window.watermark())
        .forEach((partition, offset) ->
            record.addForwardedBuilder().setPartition(partition).setOffset(offset));
    return record.build();
  }

  /** True once after a turn ended: the open transaction is worth committing. */
  public boolean takeTurnEnded() {
    boolean ended = turnEnded;
    turnEnded = false;
    return ended;
  }

  /** When {@link ShardEvent.Tick} is wanted next, on the owner's clock; empty: not at all. */
  public OptionalLong wakeUpMs() {
    long wakeUp = !sessions.refused().isEmpty() ? nowMs + OFFER_AGAIN_MS : checkpoints.wakeUpMs();
    for (Session session : sessions.active()) {
      Turn turn = session.turn();
      if (turn.endWish() == null) {
        wakeUp = Math.min(wakeUp, turn.deadlineMs());
      }
    }
    return wakeUp == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(wakeUp);
  }

  /** What was done so far. */
  public ShardCounts counts() {
    return counts;
  }

  /** Turns that wait for their session. */
  public int waiting() {
    return counts.waiting;
  }

  /** Turns on their way through the engine. */
  public int running() {
    return turns.running();
  }

  /**
   * Turns that an earlier owner stored in their middle go on; nobody reads their requests again.
   */
  private void takeUp() {
    for (OpenTurn open : List.copyOf(checkpoints.openTurns())) {
      lookUp(sessions.open(open.getSession(), false));
    }
  }

  private void committed() {
    sessions.committed();
    if (!draining) {
      checkpoints.makeRoom(nowMs);
    }
  }

  private void compared(boolean agrees) {
    counts.replayChecks++;
    counts.replayMismatches += agrees ? 0 : 1;
  }

  private void drain() {
    draining = true;
    turns.drain();
  }

  /** After {@link ShardEvent.Drain}: all is stored, and the next commit may be the last. */
  public boolean isDrained() {
    return turns.isDrained();
  }

  private void requestRead(RawRecord raw) {
    if (window.wasRead(raw.offset())) {
      return;
    }
    boolean isSecondCopy = marks.isSecondCopy(raw);
    if (!window.read(raw.offset())) {
      return;
    }
    if (isSecondCopy) {
      window.finish(raw.offset());
      return;
    }
    switch (inbox.read(raw)) {
      case Inbox.Misplaced misplaced -> {
        counts.rerouted++;
        effects.add(new Effect.Forward(raw, misplaced.partition()));
      }
      case Inbox.Unreadable unreadable -> setAside(raw, unreadable);
      case Inbox.Asked asked -> take(asked.request());
    }
  }

  private void setAside(RawRecord raw, Inbox.Unreadable unreadable) {
    ShownAnswers.Shown shown = shownAnswers.take(raw.offset());
    if (shown != null && shown.committed()) {
      window.finish(raw.offset());
      return;
    }
    counts.deadLetters++;
    effects.add(new Effect.DeadLetter(raw, unreadable.code(), unreadable.message()));
    String session = unreadable.session();
    if (session != null) {
      End end = Answers.failure(unreadable.code(), unreadable.message());
      TokenEvent event = answers.withoutTurn(session, unreadable.requestId(), raw.offset(), end);
      effects.add(new Effect.Publish(event, unreadable.json(), null, false));
    }
    window.finish(raw.offset());
    turnEnded = true;
  }

  private void take(RequestRecord request) {
    Session session = sessions.open(request);
    counts.requests++;
    ShownAnswers.Shown shown = shownAnswers.take(request.offset());
    if (shown != null) {
      turns.repeatAnswer(request, shown);
      sessions.settle(session);
      return;
    }
    if (session.ephemeral != request.ephemeral()) {
      turns.answer(
          request,
          Answers.failure(
              "invalid_request", "A session cannot be ephemeral and lasting at one time."));
    } else if (isWitnessed(request)) {
      queue(session, request);
    } else if (earlyCancels.take(request.requestId(), nowMs)) {
      turns.answer(request, Answers.plain("cancelled"));
      sessions.settle(session);
    } else if (session.waiting.size() >= limits.waitingTurnsPerSession()) {
      turns.answer(request, Answers.busy(limits.waitingTurnsPerSession()));
    } else {
      queue(session, request);
    }
  }

  /** What was shown of a request binds: no new decision may precede it. */
  private boolean isWitnessed(RequestRecord request) {
    String key = Witness.key(request.session(), request.requestId());
    return workings.witnesses().containsKey(key);
  }

  private void queue(Session session, RequestRecord request) {
    session.waiting.add(request);
    if (session.phase != Session.Phase.UNKNOWN) {
      turns.advance(session);
    } else {
      lookUp(session);
    }
  }

  private void lookUp(Session session) {
    if (!session.lookUpSent) {
      session.lookUpSent = true;
      effects.add(new Effect.LookUp(session.id));
    }
  }

  private void controlRead(long offset, Control control) {
    controlsOffset = Math.max(controlsOffset, offset + 1);
    if (control.hasCancel() && !cancel(control.getRequestId())) {
      earlyCancels.add(control.getRequestId(), nowMs);
    }
  }

  private boolean cancel(String requestId) {
    for (Session session : sessions.active()) {
      Turn turn = session.turn();
      if (turn.record().requestId().equals(requestId)) {
        turn.wishEnd("cancelled");
        turns.cancelIfDue(session, turn);
        return true;
      }
    }
    for (Session session : sessions.all()) {
      for (RequestRecord queued : session.waiting) {
        if (queued.requestId().equals(requestId) && !isWitnessed(queued)) {
          session.waiting.remove(queued);
          turns.answer(queued, Answers.plain("cancelled"));
          return true;
        }
      }
    }
    return false;
  }

  private void tick() {
    turns.offerAgain(nowMs);
    checkpoints.tick(nowMs);
    for (Session session : sessions.active()) {
      Turn turn = session.turn();
      if (turn.deadlineMs() <= nowMs) {
        turn.wishEnd("deadline");
        turns.cancelIfDue(session, turn);
      }
    }
  }

  private void finish(RequestRecord request) {
    window.finish(request.offset());
    turnEnded = true;
  }

  /** Stops reading when too much waits or the finished window is wide, goes on at half of that. */
  private void flow() {
    counts.waiting = sessions.waiting();
    // While suspects run alone the others wait, those that an earlier owner had running too: a
    // shard that stopped reading then might never read its suspects.
    boolean searching = !window.wasRead(workings.isolation().newestSuspect());
    boolean crowded = counts.waiting >= limits.waitingTurns();
    boolean wide = window.width() >= limits.finishedWindow() && !window.isCatchingUp();
    boolean full = (crowded || wide) && !searching;
    boolean roomy =
        counts.waiting <= limits.waitingTurns() / 2
            && window.width() <= limits.finishedWindow() / 2;
    if (!draining && (paused ? roomy : full)) {
      paused = !paused;
      effects.add(new Effect.Flow(paused));
    }
  }

  private long oldestOpenEvent() {
    long oldest = shownAnswers.oldest();
    for (Session session : sessions.active()) {
      long first = session.turn().firstOffset();
      oldest = first < 0 ? oldest : Math.min(oldest, first);
    }
    for (Witness witness : workings.witnesses().values()) {
      oldest = Math.min(oldest, witness.firstOffset());
    }
    return oldest;
  }
}
