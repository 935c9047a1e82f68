package dev.skein.worker.shard;

import com.google.protobuf.ByteString;
import dev.skein.proto.Fingerprint;
import dev.skein.proto.OpenTurn;
import dev.skein.proto.Slot;
import dev.skein.proto.Snapshot;
import dev.skein.proto.UnfinishedTurn;
import dev.skein.worker.recovery.CheckpointPolicy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Stores states: in the middle of turns, at their ends, before an idle session leaves memory and at
 * hand-over. A turn whose middle is stored does not hold the watermark back any more.
 */
final class Checkpoints {

  /** Idle sessions that are stored at a time to make room; each is one state on its way. */
  private static final int PARKING_MAX = 4;

  /** A snapshot of a turn's middle on its way into the log. */
  private record Pending(Turn turn, MidTurn middle, long tokensFrom) {}

  /** Since when a running turn was not stored, and whether its middle was asked for out of turn. */
  private record Watch(long sinceMs, boolean urgent) {}

  private final Workings shard;
  private final CheckpointPolicy policy;
  private final Map<String, OpenTurn> openTurns = new LinkedHashMap<>();
  private final Map<Session, Pending> pending = new HashMap<>();
  private final Map<Session, Long> sentMs = new HashMap<>();
  private final Map<Session, Watch> watches = new LinkedHashMap<>();
  private final LinkedHashMap<Session, Long> manySlots = new LinkedHashMap<>();
  private final List<Session> thinned = new ArrayList<>();
  private int parking;
  private long stateBytes;
  private long logEnd;

  Checkpoints(Workings shard, CheckpointPolicy policy, Collection<OpenTurn> openTurns) {
    this.shard = shard;
    this.policy = policy;
    openTurns.forEach(turn -> this.openTurns.put(turn.getSession(), turn));
  }

  /** The log of tokens was acknowledged up to here: whatever is written from now on lies above. */
  void acknowledged(long end) {
    logEnd = Math.max(logEnd, end);
  }

  /** An offset at or below whatever is written from now on. */
  long logEnd() {
    return logEnd;
  }

  /** Turns that were stored in their middle and have not ended. */
  Collection<OpenTurn> openTurns() {
    return openTurns.values();
  }

  /** How much of a session's unfinished turn the shard record says is stored. */
  int readBy(Session session) {
    OpenTurn open = openTurns.get(session.id);
    return open == null ? 0 : open.getRead();
  }

  /** A turn begins to run: its middle is wanted when the budget is used up. */
  void runs(Session session, long nowMs) {
    if (!session.ephemeral && !session.turn().isForked()) {
      watches.put(session, new Watch(Math.min(nowMs, session.turn().record().logTimeMs()), false));
      int sinceSnapshot = session.turn().resume() == null ? session.tailLength() : 0;
      int unread = session.turn().resume() == null ? session.unread().length : 0;
      capture(session, unread + Math.max(1, budget() - sinceSnapshot));
    }
  }

  private int budget() {
    return policy.budget(stateBytes);
  }

  void capture(Session session, int afterTokens) {
    shard.capture(session.id, session.turn(), afterTokens);
  }

  /** Takes the middle of a turn; false if there is nothing in it worth storing. */
  boolean midway(Session session, ShardEvent.Midway event, long nowMs) {
    Turn turn = session.turn();
    watches.put(session, new Watch(nowMs, false));
    int read = turn.position(event.midpoint().read());
    Fingerprint fingerprint = turn.model().fingerprint();
    if (read <= Math.max(turn.midRead(), 0) || pending.containsKey(session)) {
      return false;
    }
    turn.ids().advance(read);
    MidTurn middle = MidTurn.of(event.midpoint(), turn);
    stateBytes = middle.state().bytes();
    // What an earlier owner has shown and this one has not said again must stay readable.
    boolean isSaid = turn.isBeyondWitness() && turn.decided() == null;
    long tokensFrom = isSaid ? event.tokensEnd() : turn.firstOffset();
    pending.put(session, new Pending(turn, middle, tokensFrom));
    store(session, middle.snapshot(turn.number(), fingerprint, turn.model().architecture()), nowMs);
    return true;
  }

  private void store(Session session, Snapshot snapshot, long nowMs) {
    sentMs.put(session, nowMs);
    shard.effects().accept(new Effect.StoreSnapshot(session.id, session.ring.take(), snapshot));
  }

  /** A turn has ended: a session that rests is stored if running it again would cost more. */
  void ended(Session session, long nowMs) {
    watches.remove(session);
    stateBytes = Math.max(stateBytes, session.stateBytes());
    if (session.here().slots().size() > 1) {
      manySlots.remove(session);
      manySlots.put(session, nowMs);
    }
    boolean worthStoring =
        !session.ephemeral && session.state() != null && session.savedByStoring() > budget();
    if (worthStoring && session.phase == Phase.IDLE) {
      park(session, nowMs);
    }
  }

  /** What a snapshot was that has arrived. */
  enum Arrival {
    /** The middle of the session's turn. */
    MIDDLE,
    /** The session between its turns. */
    HEAD,
    /** The middle of a turn that has ended since. */
    STALE
  }

  Arrival stored(Session session, Slot slot, long nowMs) {
    session.ring.arrived(slot);
    shard.counts().checkpoints++;
    shard.counts().checkpointBytes += slot.getBytes();
    Long sent = sentMs.remove(session);
    policy.stored(slot.getBytes(), sent == null ? 1 : nowMs - sent);
    Pending middle = pending.get(session);
    boolean isMiddle = middle != null && slot.getPosition().getTurn() == middle.turn().number();
    if (middle != null && isMiddle && !isHeadOf(session, slot)) {
      pending.remove(session);
      return storedMiddle(session, slot, middle);
    }
    if (session.phase != Phase.STORING) {
      return Arrival.STALE;
    }
    session.stored(slot);
    parking--;
    session.enter(Phase.IDLE);
    writeHead(session);
    return Arrival.HEAD;
  }

  /** The head after a turn stands before the next one; the middle of a turn is within it. */
  private static boolean isHeadOf(Session session, Slot slot) {
    return session.phase == Phase.STORING && slot.getPosition().getTurn() == session.nextTurn();
  }

  private Arrival storedMiddle(Session session, Slot slot, Pending middle) {
    Turn turn = session.turn;
    if (turn == null || turn != middle.turn() || !isUnderWay(session)) {
      return Arrival.STALE;
    }
    turn.storedMid(slot, middle.middle().read(), middle.tokensFrom());
    openTurns.put(
        session.id,
        OpenTurn.newBuilder()
            .setSession(session.id)
            .setRequestId(turn.record().requestId())
            .setRequestOffset(turn.record().offset())
            .setTurn(turn.number())
            .setRead(turn.midRead())
            .build());
    session.middle = unfinished(turn, slot);
    write(session);
    return Arrival.MIDDLE;
  }

  private static boolean isUnderWay(Session session) {
    return session.phase == Phase.RUNNING || session.phase == Phase.HANDED_OVER;
  }

  private static UnfinishedTurn unfinished(Turn turn, Slot slot) {
    RawRecord raw = turn.record().raw();
    UnfinishedTurn.Builder unfinished =
        UnfinishedTurn.newBuilder()
            .setTurn(turn.number())
            .setRequestOffset(raw.offset())
            .setLogTimeMs(raw.logTimeMs())
            .putAllHeaders(raw.headers())
            .setFresh(turn.fresh())
            .setShown(turn.begun().committedTokens(0))
            .setSlot(slot);
    if (turn.begun().beganAt() >= 0) {
      unfinished.setTokensFrom(turn.begun().beganAt());
    }
    byte[] key = raw.key();
    byte[] value = raw.value();
    if (key != null) {
      unfinished.setKey(ByteString.copyFrom(key));
    }
    if (value != null) {
      unfinished.setRequest(ByteString.copyFrom(value));
    }
    return unfinished.build();
  }

  /** The next middle is wanted a budget later. */
  void goOn(Session session) {
    capture(session, budget());
  }

  /** Stores what the session is between its turns. */
  void writeHead(Session session) {
    openTurns.remove(session.id);
    session.middle = null;
    write(session);
  }

  /** Stores a session as it stands, whatever it is doing. */
  void write(Session session) {
    shard.effects().accept(new Effect.StoreManifest(session.manifest(shard.epoch())));
    shard.sessions().wrote(session);
  }

  /** The middle is on its way. */
  boolean isPending(Session session) {
    return pending.containsKey(session);
  }

  /** Nothing is on its way. */
  boolean isIdle() {
    return pending.isEmpty() && parking == 0;
  }

  /** Looks for turns whose last snapshot is too old. */
  void tick(long nowMs) {
    for (Map.Entry<Session, Watch> entry : new ArrayList<>(watches.entrySet())) {
      Session session = entry.getKey();
      Watch watch = entry.getValue();
      if (!watch.urgent()
          && policy.isOld(watch.sinceMs(), nowMs)
          && session.phase == Phase.RUNNING) {
        watches.put(session, new Watch(watch.sinceMs(), true));
        capture(session, 0);
      }
    }
    thinIdle(nowMs);
  }

  /** Sessions that nobody goes on with keep one snapshot. */
  private void thinIdle(long nowMs) {
    for (Map.Entry<Session, Long> idle : new ArrayList<>(manySlots.entrySet())) {
      if (nowMs - idle.getValue() < shard.limits().keeping().thinAfterMs()) {
        return;
      }
      Session session = idle.getKey();
      manySlots.remove(session);
      if (session.phase == Phase.IDLE && session.thin()) {
        write(session);
        thinned.add(session);
      }
    }
  }

  /** What was written is committed: slots that it does not name any more are free. */
  void committed() {
    thinned.forEach(this::dropGarbage);
    thinned.clear();
  }

  /** When {@link #tick} is wanted next. */
  long wakeUpMs() {
    long wakeUp = Long.MAX_VALUE;
    for (Watch watch : watches.values()) {
      wakeUp = watch.urgent() ? wakeUp : Math.min(wakeUp, policy.oldAtMs(watch.sinceMs()));
    }
    Map.Entry<Session, Long> idle = manySlots.firstEntry();
    return idle == null
        ? wakeUp
        : Math.min(wakeUp, idle.getValue() + shard.limits().keeping().thinAfterMs());
  }

  /** A turn is not watched any more. */
  void forget(Session session) {
    watches.remove(session);
  }

  /** Tokens were read or drawn. */
  void ran(int tokens, long nowMs) {
    policy.ran(tokens, nowMs);
  }

  /**
   * Lets idle sessions leave memory, those with much to read again stored first. Storing may be
   * slower than new sessions come: then the dear ones go as they are, and cost more to wake.
   */
  void makeRoom(long nowMs) {
    List<Session> toStore = new ArrayList<>();
    shard.sessions().evict(session -> mayGo(session, toStore));
    for (Session session : toStore) {
      park(session, nowMs);
    }
  }

  private boolean mayGo(Session session, List<Session> toStore) {
    boolean dear =
        session.state() != null
            && policy.isDueBeforeEviction(session.savedByStoring())
            && !shard.sessions().isOverfull();
    if (!dear && !shard.sessions().isOverfull() && session.thin()) {
      write(session);
      return false;
    }
    if (!dear) {
      manySlots.remove(session);
      dropGarbage(session);
    } else if (parking + toStore.size() < PARKING_MAX) {
      toStore.add(session);
    }
    return !dear;
  }

  private void park(Session session, long nowMs) {
    parking++;
    session.enter(Phase.STORING);
    store(session, session.snapshot(architecture(session)), nowMs);
  }

  private String architecture(Session session) {
    return shard.models().models().stream()
        .filter(model -> model.name().equals(session.model()))
        .map(ServedModel::architecture)
        .findFirst()
        .orElse("");
  }

  /** A session in memory may hold several snapshots, a parked one holds one. */
  private void dropGarbage(Session session) {
    for (int slot : session.ring.takeGarbage()) {
      shard.effects().accept(new Effect.DropSlot(session.id, slot, session.ring.chunks()));
    }
  }
}
