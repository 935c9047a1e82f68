package dev.skein.worker.shard;

import dev.skein.proto.Expire;
import dev.skein.worker.recovery.ShownAnswers;
import dev.skein.worker.recovery.Witness;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Ends sessions that nobody has used for as long as they are kept, and forgets the graves of those
 * that ended long ago. The sweep only proposes: what counts is whether the session is still idle
 * when its owner reads the word. The word has no place in the log of requests: the next owner may
 * read it later, so nothing begins anew before the end is committed.
 */
final class Expiries {

  private final Workings shard;
  private final Operations operations;
  private final ShownAnswers shownAnswers;
  private final Consumer<Session> goOn;
  private final Map<String, Expire> early = new HashMap<>();
  private final List<Session> ended = new ArrayList<>();

  /**
   * @param goOn begins the next turn of a session
   */
  Expiries(Workings shard, Operations operations, Consumer<Session> goOn) {
    this.shard = shard;
    this.operations = operations;
    this.shownAnswers = shard.shownAnswers();
    this.goOn = goOn;
  }

  /** A word of the sweep was read; it counts once the session is known. */
  void proposed(Session session, Expire word, long nowMs) {
    if (session.phase == Phase.UNKNOWN) {
      early.put(session.id, word);
    } else {
      end(session, word, nowMs);
    }
  }

  /** The session was looked up. */
  void restored(Session session, long nowMs) {
    Expire word = early.remove(session.id);
    if (word != null) {
      end(session, word, nowMs);
    }
  }

  private void end(Session session, Expire word, long nowMs) {
    boolean isIdle = session.phase == Phase.IDLE && session.isForgettable();
    if (!isIdle || wasInUse(session) || session.updatedMs() > word.getIdleSinceMs()) {
      return;
    }
    if (session.exists() == word.getGrave()) {
      return; // clocks differ: a session that has just ended may look older than it is
    }
    if (session.exists()) {
      operations.expire(session, nowMs);
      shard.counts().expired++;
    } else if (session.nextTurn() > 0 || !session.history.isEmpty()) {
      shard.effects().accept(new Effect.DropManifest(session.id));
    } else {
      return;
    }
    session.enter(Phase.EXPIRING);
    ended.add(session);
  }

  /** What an earlier owner has begun or said rests on the session as it was, and binds. */
  private boolean wasInUse(Session session) {
    return shownAnswers.isOf(session.id)
        || shard.witnesses().keySet().stream().anyMatch(key -> Witness.isOf(session.id, key));
  }

  /** What was written is committed. */
  void committed() {
    List<Session> gone = List.copyOf(ended);
    ended.clear();
    for (Session session : gone) {
      session.enter(Phase.IDLE);
      goOn.accept(session);
    }
  }
}
