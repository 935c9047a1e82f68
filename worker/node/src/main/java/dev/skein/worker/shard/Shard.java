package dev.skein.worker.shard;

import dev.skein.proto.Control;
import dev.skein.proto.Manifest;
import dev.skein.proto.OpenTurn;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Tenure;
import dev.skein.store.ShardStore.Acquired;
import dev.skein.worker.recovery.CheckpointPolicy;
import dev.skein.worker.recovery.Isolation;
import dev.skein.worker.recovery.ShownAnswers;
import dev.skein.worker.recovery.Witness;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

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
  private final OffsetWindow window;
  private final LogTrace trace;
  private final Workings workings;
  private final Checkpoints checkpoints;
  private final ForwardedMarks marks;
  private final ShownAnswers shownAnswers;
  private final EarlyCancels earlyCancels;
  private final SessionTable sessions;
  private final TurnRunner turns;
  private final Transcripts transcripts;
  private final Replies replies;
  private final Operations operations;
  private final Expiries expiries;
  private final Intake intake;
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
    this.acquired = acquired.record();
    this.limits = limits;
    this.inbox = new Inbox(number, shards);
    this.window = new OffsetWindow(this.acquired.getWatermark(), this.acquired.getFinishedList());
    this.trace = new LogTrace(this.acquired);
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
            shownAnswers,
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
    this.transcripts = new Transcripts(workings, this.acquired.getTranscriptsFrom());
    this.replies = new Replies(workings, this::finish);
    this.turns =
        new TurnRunner(workings, checkpoints, transcripts, inbox, replies, this::wasCancelled);
    this.operations = turns.operations();
    this.expiries = new Expiries(workings, operations, turns::advance);
    this.intake = new Intake(workings, earlyCancels, turns, replies);
    this.acquired.getPinnedList().forEach(operations.forks()::mayBePinned);
  }

  /** Takes one event and says what is to be done; {@code nowMs} is the owner's clock. */
  public List<Effect> on(ShardEvent event, long nowMs) {
    this.nowMs = nowMs;
    operations.forks().outbox().clock(nowMs);
    effects = new ArrayList<>();
    switch (event) {
      case ShardEvent.Acquired() -> takeUp();
      case ShardEvent.RequestRead read -> requestRead(read.raw());
      case ShardEvent.ControlRead read -> controlRead(read.offset(), read.control());
      case ShardEvent.LookedUp found -> lookedUp(sessions.get(found.session()), found.manifest());
      case ShardEvent.StateLoaded loaded -> stateLoaded(sessions.get(loaded.session()), loaded);
      case ShardEvent.PastRead read -> operations.pastRead(sessions.get(read.session()), read);
      case ShardEvent.FileLoaded file ->
          operations.imports().fileLoaded(sessions.get(file.session()), file);
      case ShardEvent.TranscriptStored stored -> transcripts.acknowledged(stored.offset());
      case ShardEvent.StartAcknowledged started -> turns.launch().startAcknowledged(started, nowMs);
      case ShardEvent.Drawn drawn -> turns.drawn(sessions.get(drawn.session()), drawn, nowMs);
      case ShardEvent.Midway midway -> turns.midway(sessions.get(midway.session()), midway, nowMs);
      case ShardEvent.Compared compared -> compared(compared.agrees());
      case ShardEvent.Ended ended -> turns.ended(sessions.get(ended.session()), ended, nowMs);
      case ShardEvent.EngineFull full -> sessions.get(full.session()).turn().refused(full.choice());
      case ShardEvent.SnapshotStored stored ->
          snapshotStored(sessions.get(stored.session()), stored);
      case ShardEvent.Forwarded forwarded -> window.finish(forwarded.offset());
      case ShardEvent.Committed() -> committed();
      case ShardEvent.StoreMiddles() -> turns.departure().store();
      case ShardEvent.Drain() -> turns.departure().drain();
      case ShardEvent.Tick() -> tick();
    }
    turns.launch().runUnawaited(nowMs);
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
            .clearPinned()
            .addAllPinned(operations.forks().pinned())
            .setTranscriptsFrom(transcripts.end())
            .addAllOpenTurns(checkpoints.openTurns())
            .setWatermark(window.watermark())
            .addAllFinished(window.finished())
            .setControlsOffset(Math.min(controlsOffset, operations.forks().oldestUnheard()))
            .setTokensFrom(Math.min(oldestOpenEvent(), tokensEnd))
            .setTenure(tenure);
    marks
        .at(window.watermark())
        .forEach((partition, offset) ->
            record.addForwardedBuilder().setPartition(partition).setOffset(offset));
    trace.write(record);
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
    wakeUp = Math.min(wakeUp, operations.forks().outbox().wakeUpMs());
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
    return turns.launch().running();
  }

  /**
   * Turns that an earlier owner stored in their middle go on; nobody reads their requests again.
   */
  private void takeUp() {
    for (OpenTurn open : List.copyOf(checkpoints.openTurns())) {
      intake.lookUp(sessions.open(open.getSession(), false));
    }
    for (String pinned : List.copyOf(operations.forks().pinned())) {
      intake.lookUp(sessions.open(pinned, false));
    }
  }

  private boolean wasCancelled(RequestRecord request) {
    String newest = sessions.get(request.session()).askers.newest(request);
    return earlyCancels.take(request, newest, nowMs);
  }

  private void lookedUp(Session session, @Nullable Manifest manifest) {
    session.restore(manifest);
    operations.forks().restored(session, nowMs);
    turns.lookedUp(session);
    expiries.restored(session, nowMs);
  }

  private void stateLoaded(Session session, ShardEvent.StateLoaded loaded) {
    if (!operations.stateLoaded(session, loaded)) {
      turns.launch().stateLoaded(session, loaded);
    }
  }

  private void snapshotStored(Session session, ShardEvent.SnapshotStored stored) {
    if (!operations.snapshotStored(session, stored)) {
      turns.snapshotStored(session, stored.slot(), nowMs);
    }
  }

  private void committed() {
    sessions.committed();
    checkpoints.committed();
    operations.forks().outbox().committed();
    expiries.committed();
    if (!turns.departure().isDraining()) {
      checkpoints.makeRoom(nowMs);
    }
  }

  private void compared(boolean agrees) {
    counts.replayChecks++;
    counts.replayMismatches += agrees ? 0 : 1;
  }

  /** True once after {@link ShardEvent.StoreMiddles}: all is stored, and worth committing. */
  public boolean takeMiddlesStored() {
    return turns.departure().takeStored();
  }

  /** After {@link ShardEvent.Drain}: all is stored, and the next commit may be the last. */
  public boolean isDrained() {
    return turns.departure().isDrained();
  }

  private void requestRead(RawRecord raw) {
    trace.read(raw);
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
      case Inbox.Unreadable unreadable -> {
        intake.setAside(raw, unreadable);
        window.finish(raw.offset());
        turnEnded = true;
      }
      case Inbox.Asked asked -> intake.take(asked.request(), nowMs);
    }
  }

  private void controlRead(long offset, Control control) {
    controlsOffset = Math.max(controlsOffset, offset + 1);
    if (control.hasUnpin()) {
      Session parent = sessions.open(control.getSession(), false);
      operations.forks().toldBack(parent, offset, control.getUnpin());
      intake.lookUp(parent);
    }
    if (control.hasExpire()) {
      Session idle = sessions.open(control.getSession(), false);
      expiries.proposed(idle, control.getExpire(), nowMs);
      intake.lookUp(idle);
    }
    if (control.hasAwait()) {
      intake.await(control.getSession(), control.getRequestId(), control.getAwait().getRouter());
    }
    if (control.hasCancel()) {
      String router = control.getCancel().getRouter();
      if (!intake.cancel(control.getSession(), control.getRequestId(), router)) {
        earlyCancels.add(control.getSession(), control.getRequestId(), router, nowMs);
      }
    }
  }

  private void tick() {
    turns.launch().offerAgain(nowMs);
    checkpoints.tick(nowMs);
    operations.forks().outbox().tick(nowMs);
    for (Session session : sessions.active()) {
      Turn turn = session.turn();
      if (turn.deadlineMs() <= nowMs) {
        turn.wishEnd("deadline");
        turns.launch().cancelIfDue(session, turn);
      }
    }
  }

  private void finish(RequestRecord request) {
    shownAnswers.take(request.offset());
    window.finish(request.offset());
    turnEnded = true;
    operations.forks().finished(request);
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
    boolean narrow = window.width() <= limits.finishedWindow() / 2 || window.isCatchingUp();
    boolean roomy = counts.waiting <= limits.waitingTurns() / 2 && narrow;
    if (!turns.departure().isDraining() && (paused ? roomy : full)) {
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
