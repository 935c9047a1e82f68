package dev.skein.worker.shard;

import java.util.HashSet;
import java.util.Set;

/**
 * How running turns get to the next owner. First their middles are stored while they run on; then
 * each is left at a token, and the next owner reads again what was drawn in between: a pause in
 * which no state is moved.
 */
final class Departure {

  /** So many tokens are sooner read again than a state is stored and loaded. */
  private static final int NEAR = 64;

  private final Workings shard;
  private final Checkpoints checkpoints;
  private final Set<Session> toStore = new HashSet<>();
  private final Set<Session> toLeave = new HashSet<>();
  private boolean storing;
  private boolean draining;

  Departure(Workings shard, Checkpoints checkpoints) {
    this.shard = shard;
    this.checkpoints = checkpoints;
  }

  /** Stores what runs at its next token boundary; it runs on. */
  void store() {
    storing = true;
    for (Session session : shard.sessions().active()) {
      if (session.phase == Phase.RUNNING && isStorable(session)) {
        toStore.add(session);
        checkpoints.capture(session, 0);
      }
    }
  }

  /** True once after {@link #store}, when all is stored. */
  boolean takeStored() {
    boolean isStored = storing && toStore.isEmpty() && checkpoints.isIdle();
    storing &= !isStored;
    return isStored;
  }

  /**
   * Leaves every running turn at its next token, stored before that if this is worth while; at once
   * if nobody waits for its next token yet.
   */
  void drain() {
    draining = true;
    for (Session session : shard.sessions().active()) {
      if (session.phase != Phase.RUNNING) {
        continue;
      }
      if (!isStorable(session)) {
        leave(session);
      } else if (isNear(session)) {
        leaveAtToken(session);
      } else if (!checkpoints.isPending(session)) {
        checkpoints.capture(session, 0);
      }
    }
  }

  boolean isDraining() {
    return draining;
  }

  /** Whether everything is stored that a drain wanted stored. */
  boolean isDrained() {
    return draining && checkpoints.isIdle() && shard.sessions().isStill();
  }

  private static boolean isStorable(Session session) {
    return !session.ephemeral && !session.turn().isForked() && !session.isRefused();
  }

  /**
   * Stored not long ago, or begun not long ago. Log-probabilities of known tokens are computed one
   * by one.
   */
  private static boolean isNear(Session session) {
    Turn turn = session.turn();
    int before = turn.mid() == null ? session.tailLength() : 0;
    boolean isFast = !turn.record().request().hasLogprobs();
    return before + turn.sinceMid() <= NEAR && isFast;
  }

  /** One that decodes has a token soon, and its client has seen the one before. */
  private void leaveAtToken(Session session) {
    if (session.turn().newTokens() > 0) {
      toLeave.add(session);
    } else {
      leave(session);
    }
  }

  /** A token of a running turn was shown. */
  void drew(Session session) {
    if (toLeave.remove(session)) {
      leave(session);
    }
  }

  /** The middle of a running turn has come; true if this owner does nothing more with it. */
  boolean cameMidway(Session session) {
    toStore.remove(session);
    if (draining) {
      leave(session);
    }
    return draining;
  }

  /** The middle of a running turn is stored; true if this owner does nothing more with it. */
  boolean storedMidway(Session session) {
    if (draining && isNear(session)) {
      leaveAtToken(session);
    } else if (draining) {
      leave(session);
    }
    return draining;
  }

  void ended(Session session) {
    toStore.remove(session);
    toLeave.remove(session);
  }

  private void leave(Session session) {
    checkpoints.forget(session);
    session.enter(Phase.HANDED_OVER);
    shard.cancel(session.id, session.turn());
  }
}
