package dev.skein.simulation;

import com.google.protobuf.ByteString;
import dev.skein.proto.Manifest;
import dev.skein.proto.SamplerState;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Slot;
import dev.skein.proto.Snapshot;
import dev.skein.proto.StateFile;
import dev.skein.proto.TokenEvent;
import dev.skein.proto.Transcript;
import dev.skein.proto.TurnRef;
import dev.skein.store.ExportedState;
import dev.skein.store.Heir;
import dev.skein.store.InMemoryCluster;
import dev.skein.store.LogShardStore;
import dev.skein.store.Past;
import dev.skein.store.PublishListener;
import dev.skein.store.ShardLog;
import dev.skein.store.SnapshotUnavailableException;
import dev.skein.store.StoreException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A shard's store into which a fault was planted. */
final class PlantedStore extends LogShardStore {

  /**
   * What a fault remembers over all owners.
   *
   * @param older an early snapshot of each session
   * @param starts how often each turn was found started
   */
  record Memory(Map<String, Snapshot> older, Map<String, Integer> starts) {}

  private static final String ANY = "";

  private final Mutation mutation;
  private final Map<String, Snapshot> older;
  private final Map<String, Integer> starts;
  private final List<Manifest> late = new ArrayList<>();
  private final Map<String, Slot> named = new HashMap<>();
  private final Map<String, Integer> pinned = new HashMap<>();
  private long furthest;

  /**
   * @param memory what a fault remembers over all owners of the shard
   */
  PlantedStore(InMemoryCluster cluster, int shard, Mutation mutation, Memory memory) {
    super(cluster.topics(), shard, cluster.shards(), logFor(cluster, shard, mutation));
    this.mutation = mutation;
    this.older = memory.older();
    this.starts = memory.starts();
  }

  private static ShardLog logFor(InMemoryCluster cluster, int shard, Mutation mutation) {
    return mutation == Mutation.SKIP_FENCING
        ? cluster.logWithoutFence(shard)
        : new PlantedLog(cluster, shard, mutation);
  }

  @Override
  public Acquired acquire(Heir me) throws StoreException {
    Acquired acquired = super.acquire(me);
    return switch (mutation) {
      case SKIP_TAIL_READ -> withTail(acquired, List.of());
      case ATTEMPTS_NOT_RESET -> withTail(acquired, allAttemptsLast(acquired.tail()));
      case STARTED_BY_ANY_WEIGHTS ->
          withTail(acquired, acquired.tail().stream().map(PlantedStore::ofAnyWeights).toList());
      default -> acquired;
    };
  }

  private static Acquired withTail(Acquired acquired, List<StoredEvent> tail) {
    return new Acquired(
        acquired.epoch(),
        acquired.record(),
        acquired.fresh(),
        acquired.released(),
        tail,
        acquired.tokensEnd(),
        0);
  }

  private static StoredEvent ofAnyWeights(StoredEvent stored) {
    TokenEvent.Builder event = stored.event().toBuilder();
    if (event.hasStarted()) {
      event.getStartedBuilder().clearWeights();
    }
    return new StoredEvent(stored.offset(), event.build(), stored.json(), stored.committed());
  }

  /** As if nothing had come of any start: the last event of every turn is one more of them. */
  private List<StoredEvent> allAttemptsLast(List<StoredEvent> tail) {
    Map<String, StoredEvent> started = new LinkedHashMap<>();
    for (StoredEvent stored : tail) {
      if (stored.event().hasStarted()) {
        started.put(stored.event().getSession() + "/" + stored.event().getTurn(), stored);
      }
    }
    List<StoredEvent> all = new ArrayList<>(tail);
    started.forEach((turn, stored) -> {
      TokenEvent.Builder event = stored.event().toBuilder();
      event.getStartedBuilder().setAttempt(starts.merge(turn, 1, Integer::sum));
      all.add(new StoredEvent(stored.offset(), event.build(), stored.json(), stored.committed()));
    });
    return all;
  }

  @Override
  public @Nullable Manifest manifest(String session) throws StoreException {
    Manifest found = super.manifest(session);
    if (found == null) {
      return null;
    }
    return switch (mutation) {
      case TURN_NUMBER_REUSED -> found.toBuilder().setNextTurn(0).clearRecent().build();
      case TAIL_FORGOTTEN -> found.toBuilder().clearTail().build();
      case GRAVE_FORGOTTEN -> found.getDeleted() ? null : found;
      case FINGERPRINT_FORGOTTEN -> found.toBuilder().clearFingerprint().build();
      case ADOPTED_TWICE -> found.toBuilder().clearAdopted().build();
      case FRESH_START_FORGOTTEN -> found.toBuilder().clearAnewFrom().build();
      default -> found;
    };
  }

  @Override
  public void store(Manifest manifest) {
    manifest.getPinsList().forEach(pin -> pinned.put(manifest.getSession(), pin.getSlot()));
    manifest.getSlotsList().forEach(slot -> named.put(manifest.getSession(), slot));
    if (mutation == Mutation.WATERMARK_BEFORE_STATE) {
      late.add(manifest);
    } else {
      super.store(spoilt(manifest));
    }
  }

  private Manifest spoilt(Manifest manifest) {
    if (mutation == Mutation.FORK_OF_ANY_WEIGHTS && !manifest.getAdopted().isEmpty()) {
      return manifest.toBuilder().clearFingerprint().build();
    }
    boolean isRewound =
        manifest.hasHead()
            && manifest.getHead().getSession().equals(manifest.getSession())
            && !manifest.hasUnfinished();
    return mutation == Mutation.TURN_NUMBER_REUSED_AFTER_REWIND && isRewound
        ? manifest.toBuilder().setNextTurn(manifest.getHead().getTurn() + 1).build()
        : manifest;
  }

  @Override
  public void drop(String session, int slot, int chunks) {
    if (mutation != Mutation.CHUNKS_OUTLIVE_DELETION) {
      super.drop(session, slot, chunks);
    }
  }

  @Override
  public void store(Transcript transcript, PublishListener done) {
    if (mutation == Mutation.TRANSCRIPT_NOT_WRITTEN) {
      done.acknowledged(0);
    } else {
      super.store(transcript, done);
    }
  }

  @Override
  public Past past(TurnRef from, int turn, List<Long> stops)
      throws StoreException, SnapshotUnavailableException {
    Past past = super.past(from, turn, stops);
    if (mutation != Mutation.REPLAY_FROM_WRONG_PARENT) {
      return past;
    }
    int[] others = Arrays.stream(past.ids()).map(id -> id + 1).toArray();
    return new Past(past.end(), past.from(), others);
  }

  /** The manifests that were held back go into the transaction after the one they belong to. */
  @Override
  public void commit() throws StoreException {
    super.commit();
    late.forEach(super::store);
    late.clear();
  }

  @Override
  public void store(ShardRecord record) {
    furthest = Math.max(furthest, record.getWatermark());
    record.getFinishedList().forEach(offset -> furthest = Math.max(furthest, offset + 1));
    super.store(
        switch (mutation) {
          case WATERMARK_OVER_OPEN_TURN ->
              record.toBuilder().setWatermark(furthest).clearFinished().build();
          case PINS_FORGOTTEN -> record.toBuilder().clearPinned().build();
          case FINISHED_WINDOW_DROPPED -> record.toBuilder().clearFinished().build();
          default -> record;
        });
  }

  @Override
  public void store(String session, int slot, Snapshot snapshot, Consumer<Slot> done) {
    Slot taken = named.get(session);
    int into = mutation == Mutation.REUSE_NAMED_SLOT && taken != null ? taken.getSlot() : slot;
    if (mutation == Mutation.PINNED_SLOT_REUSED) {
      into = pinned.getOrDefault(session, slot);
    }
    int target = into;
    Snapshot spoilt = spoilt(snapshot);
    if (mutation == Mutation.NO_CHECK_AT_FETCH && !snapshot.hasSampler()) {
      older.put(ANY, snapshot);
    }
    if (mutation == Mutation.OLDER_SLOT_LOADED && !snapshot.hasSampler()) {
      older.putIfAbsent(session, snapshot);
    }
    super.store(
        session, target, spoilt, stored -> done.accept(stored.toBuilder().setSlot(target).build()));
  }

  private Snapshot spoilt(Snapshot snapshot) {
    if (!snapshot.hasSampler()) {
      return snapshot;
    }
    SamplerState.Builder sampler = snapshot.getSampler().toBuilder();
    switch (mutation) {
      case PENALTY_TABLE_FORGOTTEN -> sampler.clearPenaltyTokens().clearPenaltyCounts();
      case HELD_BYTES_FORGOTTEN -> sampler.clearHeldBack();
      default -> {}
    }
    return snapshot.toBuilder().setSampler(sampler).build();
  }

  @Override
  public ExportedState load(StateFile file) throws StoreException, SnapshotUnavailableException {
    ExportedState whole = super.load(file);
    Snapshot snapshot = whole.snapshot();
    return mutation != Mutation.FILE_WITHOUT_ITS_STATE || snapshot == null
        ? whole
        : new ExportedState(
            whole.manifest(),
            snapshot.toBuilder()
                .setState(ByteString.copyFrom(new byte[snapshot.getState().size()]))
                .build());
  }

  @Override
  public Snapshot load(int partition, String session, Slot slot)
      throws StoreException, SnapshotUnavailableException {
    Snapshot old = older.get(session);
    if (mutation == Mutation.OLDER_SLOT_LOADED
        && old != null
        && slot.getPosition().getIndex() == 0) {
      return old;
    }
    try {
      return super.load(partition, session, slot);
    } catch (SnapshotUnavailableException e) {
      Snapshot other = older.get(ANY);
      if (mutation == Mutation.NO_CHECK_AT_FETCH && other != null) {
        return other;
      }
      throw e;
    }
  }
}
