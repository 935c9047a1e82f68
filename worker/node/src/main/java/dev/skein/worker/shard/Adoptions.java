package dev.skein.worker.shard;

import dev.skein.proto.Manifest;
import dev.skein.proto.Slot;
import dev.skein.proto.Snapshot;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes sessions out of what others have read: out of a session of this shard or of another one, or
 * out of a file. The snapshot is fetched, stored as the new session's own, and the manifest that
 * names it makes the session. Whoever makes it need not be able to run it: a session of other
 * weights meets those that are served at its next turn, whether it is the first or the copy.
 */
final class Adoptions {

  /** Is told how it ended: null if the session was made. */
  interface Outcome {
    /** The session is idle again; what is to follow in the same transaction follows now. */
    void became(@Nullable Rejection refusal);
  }

  private record Adopting(Manifest origin, String fork, Outcome outcome, int slot) {}

  private final Workings shard;
  private final Checkpoints checkpoints;
  private final Map<String, Adopting> underWay = new HashMap<>();

  Adoptions(Workings shard, Checkpoints checkpoints) {
    this.shard = shard;
    this.checkpoints = checkpoints;
  }

  /**
   * Begins.
   *
   * @param child idle
   * @param origin the manifest to begin with; its slot, if it has one, is the holder's
   * @param fork what the adoption is remembered by
   */
  void begin(Session child, Manifest origin, String holder, String fork, Outcome outcome) {
    if (isRefused(child, outcome)) {
      return;
    }
    child.enter(Phase.OPERATING);
    underWay.put(child.id, new Adopting(origin, fork, outcome, -1));
    if (origin.getSlotsCount() == 0) {
      complete(child, null);
    } else {
      Slot slot = origin.getSlots(origin.getSlotsCount() - 1);
      shard.effects().accept(new Effect.LoadState(child.id, holder, slot));
    }
  }

  /** Begins with a snapshot that is at hand. */
  void begin(Session child, Manifest origin, @Nullable Snapshot snapshot, Outcome outcome) {
    if (isRefused(child, outcome)) {
      return;
    }
    child.enter(Phase.OPERATING);
    underWay.put(child.id, new Adopting(origin, "", outcome, -1));
    if (snapshot == null) {
      complete(child, null);
    } else {
      store(child, snapshot);
    }
  }

  private static boolean isRefused(Session child, Outcome outcome) {
    try {
      if (child.exists() || child.ephemeral) {
        throw new Rejection(
            "session_exists",
            "Session %s exists: delete it first, or choose another name.".formatted(child.id));
      }
      return false;
    } catch (Rejection refusal) {
      outcome.became(refusal);
      return true;
    }
  }

  /** The snapshot was fetched, or is gone. */
  void loaded(Session child, ShardEvent.StateLoaded loaded) {
    Snapshot snapshot = loaded.snapshot();
    Adopting adopting = underWay.get(child.id);
    if (adopting == null) {
      return;
    }
    if (snapshot == null) {
      refuse(child, new Rejection("state_unavailable", String.valueOf(loaded.failure())));
    } else {
      store(child, snapshot);
    }
  }

  private void store(Session child, Snapshot snapshot) {
    Adopting adopting = of(child);
    String model = adopting.origin().getFingerprint().getModel();
    if (!snapshot.getFingerprint().getModel().equals(model)) {
      refuse(
          child,
          new Rejection(
              "fingerprint_mismatch", "The state was made by another model than it says."));
      return;
    }
    int slot = child.ring.take();
    underWay.put(
        child.id, new Adopting(adopting.origin(), adopting.fork(), adopting.outcome(), slot));
    Snapshot own = snapshot.toBuilder().clearSampler().build();
    shard.effects().accept(new Effect.StoreSnapshot(child.id, slot, own));
  }

  /** Takes a snapshot that has arrived; false if it is none of these. */
  boolean stored(Session child, Slot slot) {
    Adopting adopting = underWay.get(child.id);
    if (adopting == null || adopting.slot() != slot.getSlot()) {
      return false;
    }
    child.ring.arrived(slot);
    complete(child, slot);
    return true;
  }

  private void refuse(Session child, Rejection refusal) {
    Outcome outcome = of(child).outcome();
    underWay.remove(child.id);
    child.enter(Phase.IDLE);
    outcome.became(refusal);
  }

  private void complete(Session child, @Nullable Slot slot) {
    Adopting adopting = of(child);
    underWay.remove(child.id);
    Manifest.Builder own = adopting.origin().toBuilder().clearSlots();
    if (slot != null) {
      own.addSlots(slot);
    }
    child.adopt(own.build(), adopting.fork());
    child.enter(Phase.IDLE);
    checkpoints.writeHead(child);
    adopting.outcome().became(null);
  }

  private Adopting of(Session child) {
    Adopting adopting = underWay.get(child.id);
    if (adopting == null) {
      throw new IllegalStateException("session %s adopts nothing".formatted(child.id));
    }
    return adopting;
  }
}
