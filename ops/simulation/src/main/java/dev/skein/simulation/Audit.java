package dev.skein.simulation;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.skein.model.sampling.PenaltyTable;
import dev.skein.model.text.TextAssembler;
import dev.skein.proto.Adoption;
import dev.skein.proto.Manifest;
import dev.skein.proto.Pin;
import dev.skein.proto.SamplerState;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Slot;
import dev.skein.proto.Snapshot;
import dev.skein.proto.UnfinishedTurn;
import dev.skein.proto.Wire;
import dev.skein.store.InMemoryCluster;
import dev.skein.store.LogRecord;
import dev.skein.worker.shard.RawRecord;
import dev.skein.worker.shard.StateBytes;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Looks whether what is stored is true: whatever a committed manifest names is there, and read
 * again it gives the session that the log tells, in the middle of a turn too.
 */
final class Audit {

  private static final int SLOTS_MAX = 4;

  private final World world;
  private final InMemoryCluster cluster;
  private final Oracle oracle;
  private final ExpiryChecks expiries;
  private final Map<String, TurnLog> turns;
  private final Map<String, Long> requestOf;
  private final List<Map<String, Manifest>> newest = new ArrayList<>();
  private final long[] readTo;
  private final long[] tokensFrom;
  private final Set<String> lost = new HashSet<>();
  private final Set<String> sabotaged = new HashSet<>();

  Audit(
      World world,
      InMemoryCluster cluster,
      Oracle oracle,
      ExpiryChecks expiries,
      Map<String, TurnLog> turns,
      Map<String, Long> requestOf) {
    this.world = world;
    this.cluster = cluster;
    this.oracle = oracle;
    this.expiries = expiries;
    this.turns = turns;
    this.requestOf = requestOf;
    this.readTo = new long[world.shards()];
    this.tokensFrom = new long[world.shards()];
    for (int i = 0; i < world.shards(); i++) {
      newest.add(new HashMap<>());
    }
  }

  /** The session's snapshot was taken away by the simulation. */
  boolean isSabotaged(String session) {
    return sabotaged.contains(session);
  }

  /** The newest committed ones. */
  Map<String, Manifest> manifests(int shard) {
    return newest.get(shard);
  }

  /** From where the committed shard record needs the log of tokens. */
  long tokensFrom(int shard) {
    return tokensFrom[shard];
  }

  /** Looks at the manifests that were committed since. */
  void look(int shard) {
    Set<String> changed = new HashSet<>();
    for (LogRecord record :
        cluster.records(cluster.topics().manifests(), shard, readTo[shard], true)) {
      readTo[shard] = record.offset() + 1;
      String key = new String(Objects.requireNonNull(record.key()), StandardCharsets.UTF_8);
      byte[] value = record.value();
      try {
        if (value == null) {
          newest.get(shard).remove(key);
          changed.remove(key);
          expiries.forgotten(key);
        } else if (key.equals(Wire.SHARD_KEY)) {
          shardRecord(shard, ShardRecord.parseFrom(value));
        } else {
          newest.get(shard).put(key, Manifest.parseFrom(value));
          changed.add(key);
        }
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException(e);
      }
    }
    for (String session : changed) {
      expiries.written(session, Objects.requireNonNull(newest.get(shard).get(session)));
      check(shard, session);
    }
  }

  private void shardRecord(int shard, ShardRecord record) {
    tokensFrom[shard] = record.getTokensFrom();
    int limit = world.limitsOf(shard).finishedWindow() + world.limitsOf(shard).waitingTurns() + 16;
    BrokenPromise.unless(
        record.getFinishedCount() <= limit,
        "the finished window of shard %d holds %d offsets",
        shard,
        record.getFinishedCount());
  }

  void lookBack(int shard) {
    look(shard);
    newest.get(shard).keySet().forEach(session -> check(shard, session));
  }

  /** After compaction everything that is named must still be there. */
  void compacted(int shard) {
    newest
        .get(shard)
        .forEach((session, manifest) -> {
          boolean beginsAnew = turns.containsKey(session + "/" + manifest.getNextTurn());
          if (manifest.getDeleted() && !beginsAnew) {
            checkGrave(shard, session);
          }
          for (Slot slot : named(manifest)) {
            snapshot(shard, session, slot);
          }
        });
  }

  private static List<Slot> named(Manifest manifest) {
    List<Slot> slots = new ArrayList<>(manifest.getSlotsList());
    if (manifest.hasUnfinished()) {
      slots.add(manifest.getUnfinished().getSlot());
    }
    for (Pin pin : manifest.getPinsList()) {
      slots.addAll(pinned(pin));
    }
    return slots;
  }

  /** What is pinned is there until it was copied. */
  private static List<Slot> pinned(Pin pin) {
    try {
      return Adoption.parseFrom(pin.getAdoption()).getChild().getSlotsList();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Of a deleted session nothing is left but its grave. */
  private void checkGrave(int shard, String session) {
    for (String topic : List.of(cluster.topics().states(), cluster.topics().transcripts())) {
      for (LogRecord record : cluster.records(topic, shard, true)) {
        String key = new String(Objects.requireNonNull(record.key()), StandardCharsets.UTF_8);
        BrokenPromise.unless(
            record.value() == null
                || !key.startsWith(session + "/")
                || world.promises().isBeingMade(session),
            "%s was deleted, but %s holds %s",
            session,
            topic,
            key);
      }
    }
  }

  private void check(int shard, String session) {
    Manifest manifest = Objects.requireNonNull(newest.get(shard).get(session));
    if (manifest.hasFingerprint() && !manifest.hasUnfinished()) {
      oracle.upgraded(session, ToyModel.weights(manifest.getFingerprint()));
    }
    Oracle.Known known = known(shard, session, manifest);
    BrokenPromise.unless(
        manifest.getNextTurn() == known.nextTurn(),
        "the manifest of %s is at turn %d, the log at %d",
        session,
        manifest.getNextTurn(),
        known.nextTurn());
    manifest.getSlotsList().forEach(slot -> checkSlot(shard, session, slot, known));
    BrokenPromise.unless(
        manifest.getSlotsCount() <= SLOTS_MAX,
        "bounded: the manifest of %s names %d slots",
        session,
        manifest.getSlotsCount());
    ToyModel stored = ToyModel.beginning(known.weights());
    if (manifest.getSlotsCount() > 0) {
      Snapshot snapshot = snapshot(shard, session, manifest.getSlotsList().getLast());
      if (snapshot == null) {
        return;
      }
      stored = ToyModel.of(StateBytes.read(snapshot.getState()));
    }
    for (int id : manifest.getTailList()) {
      stored = stored.read(id);
    }
    BrokenPromise.unless(
        stored.equals(known.model()) && manifest.getTokensRead() == known.tokensRead(),
        "snapshot and log are not the truth of %s: %s after %d ids, not %s after %d",
        session,
        stored,
        manifest.getTokensRead(),
        known.model(),
        known.tokensRead());
    if (manifest.hasUnfinished()) {
      checkMiddle(shard, session, manifest.getUnfinished());
    }
  }

  /** Where the session stands, or where its unfinished turn goes on from. */
  Oracle.Known known(int shard, String session, Manifest manifest) {
    if (!manifest.hasUnfinished()) {
      return oracle.session(session);
    }
    UnfinishedTurn turn = manifest.getUnfinished();
    RawRecord raw = world.requests().at(shard, turn.getRequestOffset());
    Oracle.Known before =
        raw == null
            ? oracle.session(session)
            : oracle.before(new TurnLog(session, turn.getTurn(), ""), Oracle.decoded(raw));
    return manifest.hasFingerprint()
        ? world.weights().met(before, ToyModel.weights(manifest.getFingerprint()))
        : before;
  }

  /** Every slot holds what the session had read when it had read so many ids. */
  private void checkSlot(int shard, String session, Slot slot, Oracle.Known known) {
    Snapshot snapshot = snapshot(shard, session, slot);
    ToyModel model = known.model(slot.getTokensRead());
    BrokenPromise.unless(
        snapshot == null
            || (slot.getTokensRead() <= known.tokensRead()
                && model.equals(ToyModel.of(StateBytes.read(snapshot.getState())))),
        "slot %d of %s does not hold what the session was after %d ids",
        slot.getSlot(),
        session,
        slot.getTokensRead());
  }

  private void checkMiddle(int shard, String session, UnfinishedTurn unfinished) {
    Snapshot snapshot = snapshot(shard, session, unfinished.getSlot());
    if (snapshot == null) {
      return;
    }
    String key = session + "/" + unfinished.getTurn();
    RawRecord raw = world.requests().at(shard, unfinished.getRequestOffset());
    Long offset = requestOf.get(key);
    if (raw == null || offset == null || offset != unfinished.getRequestOffset()) {
      throw new BrokenPromise("the unfinished turn " + key + " belongs to no request");
    }
    SamplerState sampler = snapshot.getSampler();
    TurnLog turn = turns.getOrDefault(key, new TurnLog(session, unfinished.getTurn(), ""));
    BrokenPromise.unless(
        sampler.getDrawn() <= turn.tokens().size(),
        "the middle of %s has drawn %d tokens, committed are %d",
        key,
        sampler.getDrawn(),
        turn.tokens().size());
    int weights = ToyModel.weights(snapshot.getFingerprint());
    world.weights().storedMiddle(key, weights);
    Oracle.Plan plan = oracle.plan(turn, raw, weights);
    ToyModel stored = ToyModel.of(StateBytes.read(snapshot.getState()));
    ToyModel expected = oracle.middle(turn, plan, sampler.getRead(), weights);
    BrokenPromise.unless(
        stored.equals(expected),
        "the middle of %s at %d is %s, not %s",
        key,
        sampler.getRead(),
        stored,
        expected);
    checkSampler(key, turn, plan, sampler);
  }

  private static void checkSampler(
      String key, TurnLog turn, Oracle.Plan plan, SamplerState sampler) {
    PenaltyTable penalties = new PenaltyTable();
    TextAssembler text = new TextAssembler(plan.request().getStopList());
    List<Integer> drawn = turn.tokens().subList(0, sampler.getDrawn());
    for (int token : drawn) {
      penalties.add(token, ToyModel.PENALTY_DECAY, false);
      text.push(new byte[] {(byte) token});
    }
    List<Integer> tokens = Arrays.stream(penalties.tokens()).boxed().toList();
    List<Float> counts = new ArrayList<>();
    for (float count : penalties.counts()) {
      counts.add(count);
    }
    int readDrawn = Math.max(0, sampler.getRead() - plan.prompt().length);
    BrokenPromise.unless(
        tokens.equals(sampler.getPenaltyTokensList())
            && counts.equals(sampler.getPenaltyCountsList())
            && Arrays.equals(text.held(), sampler.getHeldBack().toByteArray())
            && drawn.subList(readDrawn, drawn.size()).equals(sampler.getUnreadList()),
        "the middle of %s does not hold all that its next token depends on",
        key);
  }

  /** Reads a snapshot as anybody may, or null if the simulation took it away. */
  private @Nullable Snapshot snapshot(int shard, String session, Slot slot) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < slot.getChunkOffsetsCount(); i++) {
      long offset = slot.getChunkOffsets(i);
      if (lost.contains(shard + ":" + offset)) {
        return null;
      }
      LogRecord record = cluster.read(cluster.topics().states(), shard, offset);
      byte[] key = (session + "/" + slot.getSlot() + "/" + i).getBytes(StandardCharsets.UTF_8);
      byte[] value = record == null ? null : record.value();
      if (record == null || !record.hasKey(key) || value == null) {
        throw new BrokenPromise(
            "the committed manifest of %s names slot %d, which is gone"
                .formatted(session, slot.getSlot()));
      }
      bytes.writeBytes(value);
    }
    byte[] all = bytes.toByteArray();
    BrokenPromise.unless(
        Arrays.equals(Digests.sha256(all), slot.getDigest().toByteArray()),
        "slot %d of %s does not have its digest",
        slot.getSlot(),
        session);
    try {
      return Snapshot.parseFrom(all);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Takes one chunk that is named away, as a broken disk would. */
  void loseChunk(int shard) {
    List<String> sessions = new ArrayList<>(newest.get(shard).keySet());
    if (sessions.isEmpty()) {
      return;
    }
    String session = sessions.get(world.below(sessions.size()));
    List<Slot> slots = named(Objects.requireNonNull(newest.get(shard).get(session)));
    if (slots.isEmpty()) {
      return;
    }
    Slot slot = slots.get(world.below(slots.size()));
    world.say("slot %d of %s is lost", slot.getSlot(), session);
    String states = cluster.topics().states();
    for (int i = 0; i < slot.getChunkOffsetsCount(); i++) {
      lost.add(shard + ":" + slot.getChunkOffsets(i));
      cluster.delete(states, shard, slot.getChunkOffsets(i));
    }
    sabotaged.add(session);
  }
}
