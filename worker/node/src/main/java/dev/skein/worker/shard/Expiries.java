package dev.skein.worker.shard;

import java.util.HashMap;
import java.util.Map;

/**
 * Ends sessions that nobody has used for as long as they are kept, and forgets the graves of those
 * that ended long ago. The sweep only proposes: what counts is whether the session is still idle
 * when its owner reads the word.
 */
final class Expiries {

  private final Workings shard;
  private final Operations operations;
  private final Map<String, Long> early = new HashMap<>();

  Expiries(Workings shard, Operations operations) {
    this.shard = shard;
    this.operations = operations;
  }

  /** A word of the sweep was read; it counts once the session is known. */
  void proposed(Session session, long idleSinceMs, long nowMs) {
    if (session.phase == Phase.UNKNOWN) {
      early.put(session.id, idleSinceMs);
    } else {
      end(session, idleSinceMs, nowMs);
    }
  }

  /** The session was looked up. */
  void restored(Session session, long nowMs) {
    Long idleSinceMs = early.remove(session.id);
    if (idleSinceMs != null) {
      end(session, idleSinceMs, nowMs);
    }
  }

  private void end(Session session, long idleSinceMs, long nowMs) {
    boolean isIdle = session.phase == Phase.IDLE && session.isForgettable();
    if (!isIdle || session.updatedMs() > idleSinceMs) {
      return;
    }
    if (session.exists()) {
      operations.expire(session, nowMs);
      shard.counts().expired++;
    } else if (session.nextTurn() > 0) {
      shard.effects().accept(new Effect.DropManifest(session.id));
    }
  }
}
