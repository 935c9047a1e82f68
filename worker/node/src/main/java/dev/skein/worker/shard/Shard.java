package dev.skein.worker.shard;

import dev.skein.proto.Control;
import dev.skein.proto.End;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Tenure;
import dev.skein.proto.TokenEvent;
import dev.skein.store.ShardStore.Acquired;
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

  private final int number;
  private final ShardRecord acquired;
  private final ShardLimits limits;
  private final Inbox inbox;
  private final Answers answers;
  private final OffsetWindow window;
  private final Map<String, Witness> witnesses;
  private final ForwardedMarks forwarded;
  private final EarlyCancels earlyCancels;
  private final SessionTable sessions;
  private final TurnRunner turns;
  private final ShardCounts counts = new ShardCounts();

  private List<Effect> effects = new ArrayList<>();
  private long controlsOffset;
  private boolean paused;
  private boolean turnEnded;
  private long nowMs;

  /**
   * @param number the shard's number, which is its partition's
   * @param shards how many there are in the pool
   * @param acquired what the store found at acquisition
   * @param models the models of the pool
   */
  public Shard(int number, int shards, Acquired acquired, ServedModels models, ShardLimits limits) {
    this.number = number;
    this.acquired = acquired.record();
    this.limits = limits;
    this.inbox = new Inbox(number, shards);
    this.answers = new Answers(acquired.epoch());
    this.window = new OffsetWindow(this.acquired.getWatermark(), this.acquired.getFinishedList());
    this.witnesses = Witness.gather(acquired.tail(), window::isDone);
    this.forwarded = new ForwardedMarks(this.acquired.getForwardedList());
    this.controlsOffset = this.acquired.getControlsOffset();
    this.earlyCancels = new EarlyCancels(limits.earlyCancels(), limits.earlyCancelMs());
    this.sessions = new SessionTable(limits);
    this.turns =
        new TurnRunner(
            acquired.epoch(),
            witnesses,
            models,
            limits,
            counts,
            sessions,
            effect -> effects.add(effect),
            this::finish);
  }

  /** Takes one event and says what is to be done; {@code nowMs} is the owner's clock. */
  public List<Effect> on(ShardEvent event, long nowMs) {
    this.nowMs = nowMs;
    effects = new ArrayList<>();
    switch (event) {
      case ShardEvent.RequestRead read -> requestRead(read.raw());
      case ShardEvent.ControlRead read -> controlRead(read.offset(), read.control());
      case ShardEvent.LookedUp found ->
          turns.lookedUp(sessions.get(found.session()), found.manifest());
      case ShardEvent.StateLoaded loaded ->
          turns.stateLoaded(sessions.get(loaded.session()), loaded);
      case ShardEvent.StartAcknowledged started ->
          turns.startAcknowledged(sessions.get(started.session()), started.offset());
      case ShardEvent.Drawn drawn -> turns.drawn(sessions.get(drawn.session()), drawn);
      case ShardEvent.Ended ended -> turns.ended(sessions.get(ended.session()), ended);
      case ShardEvent.EngineFull full -> turns.refused(sessions.get(full.session()));
      case ShardEvent.SnapshotStored stored ->
          turns.snapshotStored(sessions.get(stored.session()), stored.slot());
      case ShardEvent.Forwarded forwarded -> window.finish(forwarded.offset());
      case ShardEvent.Committed() -> sessions.committed();
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
    ShardRecord.Builder record =
        acquired.toBuilder()
            .clearFinished()
            .clearForwarded()
            .setWatermark(window.watermark())
            .addAllFinished(window.finished())
            .setControlsOffset(controlsOffset)
            .setTokensFrom(Math.min(oldestOpenEvent(), tokensEnd))
            .setTenure(tenure);
    return record.addAllForwarded(forwarded.below(window.watermark())).build();
  }

  /** True once after a turn ended: the open transaction is worth committing. */
  public boolean takeTurnEnded() {
    boolean ended = turnEnded;
    turnEnded = false;
    return ended;
  }

  /** When {@link ShardEvent.Tick} is wanted next, on the owner's clock; empty: not at all. */
  public OptionalLong wakeUpMs() {
    long wakeUp = turns.hasRefused() ? nowMs + OFFER_AGAIN_MS : Long.MAX_VALUE;
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

  private void requestRead(RawRecord raw) {
    OriginMark mark = OriginMark.of(raw);
    boolean again =
        mark != null && mark.partition() != number && forwarded.isSecondCopy(raw.offset(), mark);
    if (!window.read(raw.offset())) {
      return;
    }
    if (again) {
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
    if (session.ephemeral != request.ephemeral()) {
      turns.answer(
          request,
          Answers.failure(
              "invalid_request", "A session cannot be ephemeral and lasting at one time."));
    } else if (earlyCancels.take(request.requestId(), nowMs)) {
      turns.answer(request, Answers.plain("cancelled"));
      sessions.settle(session);
    } else if (session.waiting.size() >= limits.waitingTurnsPerSession()) {
      turns.answer(request, Answers.busy(limits.waitingTurnsPerSession()));
    } else {
      queue(session, request);
    }
  }

  private void queue(Session session, RequestRecord request) {
    session.waiting.add(request);
    if (session.phase != Session.Phase.UNKNOWN) {
      turns.advance(session);
    } else if (!session.lookUpSent) {
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
        if (queued.requestId().equals(requestId)) {
          session.waiting.remove(queued);
          turns.answer(queued, Answers.plain("cancelled"));
          return true;
        }
      }
    }
    return false;
  }

  private void tick() {
    turns.offerAgain();
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
    boolean full =
        counts.waiting >= limits.waitingTurns() || window.width() >= limits.finishedWindow();
    boolean roomy =
        counts.waiting <= limits.waitingTurns() / 2
            && window.width() <= limits.finishedWindow() / 2;
    if (paused ? roomy : full) {
      paused = !paused;
      effects.add(new Effect.Flow(paused));
    }
  }

  private long oldestOpenEvent() {
    long oldest = Long.MAX_VALUE;
    for (Session session : sessions.active()) {
      long first = session.turn().firstOffset();
      oldest = first < 0 ? oldest : Math.min(oldest, first);
    }
    for (Witness witness : witnesses.values()) {
      oldest = Math.min(oldest, witness.firstOffset());
    }
    return oldest;
  }
}
