package dev.skein.worker.shard;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The sessions that a shard holds in memory, within bounds: what is idle and stored may leave,
 * oldest first.
 */
final class SessionTable {

  // Access order: the session that was idle longest comes first.
  private final LinkedHashMap<String, Session> sessions = new LinkedHashMap<>(16, 0.75f, true);
  private final Set<Session> active = new LinkedHashSet<>();
  private final List<Session> written = new ArrayList<>();
  private final WaitingLine.Total waiting = new WaitingLine.Total();
  private final ShardLimits limits;
  private long stateBytes;

  SessionTable(ShardLimits limits) {
    this.limits = limits;
  }

  Session open(RequestRecord request) {
    return open(request.session(), request.ephemeral());
  }

  Session open(String session, boolean ephemeral) {
    return sessions.computeIfAbsent(
        session, id -> new Session(id, ephemeral, new WaitingLine(waiting)));
  }

  @Nullable Session find(String id) {
    return sessions.get(id);
  }

  Session get(String id) {
    Session session = sessions.get(id);
    if (session == null) {
      throw new IllegalStateException("no session " + id + " in memory");
    }
    return session;
  }

  Iterable<Session> all() {
    return List.copyOf(sessions.values());
  }

  /** Sessions with a turn under way. */
  Iterable<Session> active() {
    return active;
  }

  /** Sessions for whose turns the engine had no room. */
  List<Session> refused() {
    return active.stream().filter(Session::isRefused).toList();
  }

  /** Turns that wait, over all sessions. */
  int waiting() {
    return waiting.count();
  }

  void begin(Session session, Turn turn) {
    session.turn = turn;
    active.add(session);
  }

  void end(Session session) {
    session.turn = null;
    active.remove(session);
  }

  /** Runs a change of a session's state and keeps count of the memory that states take. */
  void changing(Session session, Runnable change) {
    stateBytes -= session.stateBytes();
    change.run();
    stateBytes += session.stateBytes();
  }

  /** A manifest of this session lies in the open transaction. */
  void wrote(Session session) {
    written.add(session);
  }

  /** The manifests that were written are committed. */
  void committed() {
    written.forEach(session -> session.ring.committed());
    written.clear();
  }

  /** An ephemeral session that has nothing to do is forgotten. */
  void settle(Session session) {
    if (session.ephemeral && session.turn == null && session.waiting.isEmpty()) {
      stateBytes -= session.stateBytes();
      sessions.remove(session.id, session);
    }
  }

  /** No turn is on the engine and no session is being stored. */
  boolean isStill() {
    return sessions.values().stream()
        .noneMatch(s -> s.phase == Phase.RUNNING || s.phase == Phase.STORING);
  }

  /** States take a quarter more memory than they may. */
  boolean isOverfull() {
    return stateBytes > limits.stateBytes() + limits.stateBytes() / 4;
  }

  /**
   * Lets the sessions go that were idle longest, as far as memory is short.
   *
   * @param mayGo asked of every session that is stored; where it says no, the session leaves later
   */
  void evict(Predicate<Session> mayGo) {
    Iterator<Session> oldestFirst = sessions.values().iterator();
    while ((stateBytes > limits.stateBytes() || sessions.size() > limits.sessions())
        && oldestFirst.hasNext()) {
      Session session = oldestFirst.next();
      if (session.isForgettable() && mayGo.test(session)) {
        stateBytes -= session.stateBytes();
        oldestFirst.remove();
      }
    }
  }
}
