package dev.skein.worker.shard;

import dev.skein.engine.DrawnToken;
import dev.skein.engine.GenerationEnd;
import dev.skein.proto.BadRecordException;
import dev.skein.proto.Tenure;
import dev.skein.proto.TokenEvent;
import dev.skein.proto.TokenEventCodec;
import dev.skein.proto.Topics;
import dev.skein.proto.Wire;
import dev.skein.store.InMemoryCluster;
import dev.skein.store.LogRecord;
import dev.skein.store.PublishListener;
import dev.skein.store.ShardStore;
import dev.skein.store.SnapshotUnavailableException;
import dev.skein.store.StoreException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * One shard's life in one thread from one seed: owners that read, run, commit and die in an order
 * that the seed decides, over a log that survives them.
 */
final class Life {

  private static final Topics TOPICS = new Topics("sim");

  private final InMemoryCluster cluster = new InMemoryCluster(TOPICS, 1);
  private final ArrayDeque<Runnable> acknowledgements = new ArrayDeque<>();
  private final List<RawRecord> requests;
  private final SplittableRandom random;
  private final double deathRate;
  private final ShardLimits limits;
  private final int commitEvery;
  private int deaths;
  private long clock = 1_000_000;

  Life(List<RawRecord> requests, long seed, double deathRate, int checkpointTokens) {
    this.requests = requests;
    this.random = new SplittableRandom(seed);
    this.commitEvery = seed % 3 == 0 ? 100 : 8;
    this.deathRate = deathRate;
    this.limits = new ShardLimits(16, 4096, 4096, checkpointTokens, 64, 3, 64, 60_000);
    cluster.acknowledgements(acknowledgements::add);
  }

  static RawRecord request(long offset, String session, String json) {
    return new RawRecord(
        offset,
        session.isEmpty() ? null : session.getBytes(StandardCharsets.UTF_8),
        json.getBytes(StandardCharsets.UTF_8),
        Map.of(Wire.CONTENT_TYPE, Wire.JSON),
        1_000);
  }

  int deaths() {
    return deaths;
  }

  /** Lives until every request is done and committed. */
  void live() throws StoreException {
    while (!reign()) {
      deaths++;
    }
  }

  /** Events that a committed reader sees, in log order. */
  List<TokenEvent> committed() throws BadRecordException {
    return events(true);
  }

  /** Events that lie in the log, seen by readers of uncommitted records. */
  List<TokenEvent> shown() throws BadRecordException {
    return events(false);
  }

  private List<TokenEvent> events(boolean committed) throws BadRecordException {
    List<TokenEvent> events = new ArrayList<>();
    for (LogRecord record : cluster.records(TOPICS.tokens(), 0, committed)) {
      events.add(TokenEventCodec.decode(Objects.requireNonNull(record.value())));
    }
    return events;
  }

  /** One ownership: true if it came to the end of all work, false if it died. */
  private boolean reign() throws StoreException {
    acknowledgements.clear();
    cluster.compact(TOPICS.states(), 0);
    ShardStore store = cluster.open(0);
    ShardStore.Acquired acquired = store.acquire("somebody");
    Owner owner = new Owner(store, acquired);
    while (true) {
      if (random.nextDouble() < deathRate) {
        return false;
      }
      clock += random.nextInt(20);
      if (!owner.step()) {
        store.store(owner.shard.record(Tenure.TENURE_RELEASED, owner.tokensEnd));
        store.commit();
        store.close();
        return true;
      }
    }
  }

  private final class Owner {
    private final ShardStore store;
    private final Shard shard;
    private final Map<String, ToyModel.Run> runs = new LinkedHashMap<>();
    private final ArrayDeque<ShardEvent> events = new ArrayDeque<>();
    private long tokensEnd;
    private int next;

    Owner(ShardStore store, ShardStore.Acquired acquired) {
      this.store = store;
      this.shard = new Shard(0, 1, acquired, ToyModel.served(), limits);
      this.tokensEnd = acquired.tokensEnd();
      while (next < requests.size()
          && requests.get(next).offset() < acquired.record().getWatermark()) {
        next++;
      }
    }

    /** Does one thing; false if nothing is left to do. */
    boolean step() throws StoreException {
      List<Runnable> choices = new ArrayList<>();
      if (next < requests.size()) {
        choices.add(() -> events.add(new ShardEvent.RequestRead(requests.get(next++))));
      }
      if (!runs.isEmpty()) {
        choices.add(this::advanceEngine);
        choices.add(this::advanceEngine);
      }
      if (!acknowledgements.isEmpty()) {
        choices.add(() -> acknowledgements.remove().run());
        choices.add(() -> acknowledgements.remove().run());
      }
      if (!events.isEmpty()) {
        follow();
        return true;
      }
      if (choices.isEmpty()) {
        if (store.dirty()) {
          commit();
          return true;
        }
        return false;
      }
      if (store.dirty() && random.nextInt(commitEvery) == 0) {
        commit();
      } else {
        choices.get(random.nextInt(choices.size())).run();
      }
      return true;
    }

    private void commit() throws StoreException {
      store.store(shard.record(Tenure.TENURE_RUNNING, tokensEnd));
      store.commit();
      events.add(new ShardEvent.Committed());
    }

    private void advanceEngine() {
      List<String> names = List.copyOf(runs.keySet());
      String name = names.get(random.nextInt(names.size()));
      String session = name.substring(0, name.lastIndexOf('/'));
      int turn = Integer.parseInt(name.substring(name.lastIndexOf('/') + 1));
      ToyModel.Run run = Objects.requireNonNull(runs.get(name));
      DrawnToken token = run.step();
      if (token != null) {
        events.add(new ShardEvent.Drawn(session, turn, token));
        return;
      }
      runs.remove(name);
      GenerationEnd end = Objects.requireNonNull(run.end());
      events.add(new ShardEvent.Ended(session, turn, end));
    }

    private void follow() throws StoreException {
      for (Effect effect : shard.on(events.remove(), clock)) {
        carryOut(effect);
      }
    }

    private void carryOut(Effect effect) throws StoreException {
      switch (effect) {
        case Effect.LookUp look ->
            events.addFirst(
                new ShardEvent.LookedUp(look.session(), store.manifest(look.session())));
        case Effect.LoadState load -> events.addFirst(load(load));
        case Effect.Publish publish -> store.publish(publish.event(), publish.json(), ack(publish));
        case Effect.Push push -> {}
        case Effect.Run run ->
            runs.put(run.session() + "/" + run.turn(), new ToyModel.Run(run.generation()));
        case Effect.Cancel cancel ->
            Objects.requireNonNull(runs.get(cancel.session() + "/" + cancel.turn())).cancel();
        case Effect.StoreSnapshot snap ->
            store.store(
                snap.session(),
                snap.slot(),
                snap.snapshot(),
                slot -> events.add(new ShardEvent.SnapshotStored(snap.session(), slot)));
        case Effect.StoreManifest manifest -> store.store(manifest.manifest());
        case Effect.Forward forward -> throw new AssertionError("one shard has no elsewhere");
        case Effect.DeadLetter letter ->
            store.deadLetter(letter.raw().key(), letter.raw().value(), Map.of());
        case Effect.Flow flow -> {}
      }
    }

    private ShardEvent load(Effect.LoadState load) throws StoreException {
      try {
        return new ShardEvent.StateLoaded(
            load.session(),
            StateBytes.read(store.load(load.session(), load.slot()).getState()),
            null);
      } catch (SnapshotUnavailableException e) {
        throw new AssertionError(e);
      }
    }

    private PublishListener ack(Effect.Publish publish) {
      return new PublishListener() {
        @Override
        public void acknowledged(long offset) {
          tokensEnd = Math.max(tokensEnd, offset + 1);
          if (publish.starts()) {
            events.add(
                new ShardEvent.StartAcknowledged(
                    publish.event().getSession(), publish.event().getTurn(), offset));
          }
        }

        @Override
        public void failed(StoreException failure) {
          throw new AssertionError(failure);
        }
      };
    }
  }
}
