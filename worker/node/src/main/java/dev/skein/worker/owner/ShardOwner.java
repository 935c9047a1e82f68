package dev.skein.worker.owner;

import dev.skein.engine.Engine;
import dev.skein.engine.EngineFullException;
import dev.skein.engine.Generation;
import dev.skein.proto.Shards;
import dev.skein.proto.Tenure;
import dev.skein.proto.Wire;
import dev.skein.store.PublishListener;
import dev.skein.store.ShardStore;
import dev.skein.store.StoreException;
import dev.skein.worker.shard.Effect;
import dev.skein.worker.shard.Shard;
import dev.skein.worker.shard.ShardCounts;
import dev.skein.worker.shard.ShardEvent;
import dev.skein.worker.shard.ShardLimits;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Owns one shard on one thread, from acquisition to release or to the first failure.
 *
 * <p>Other threads reach it through one bounded queue only. If the queue is full of the engine's
 * tokens, the log does not keep up with the engine: the owner gives up like after any other
 * failure.
 */
public final class ShardOwner {

  private static final int QUEUE = 1 << 15;
  private static final int RECORDS_QUEUED = 1 << 13;
  private static final long REST_AFTER_MS = 1_000;

  /** What is not stored by then is recovered from the log. */
  private static final long DRAIN_MS_MAX = 10_000;

  /** What an owner works with. */
  public record Surroundings(
      String address,
      int shards,
      Replicas replicas,
      ShardLimits limits,
      RequestLog log,
      RecordForwarder forwarder,
      EventPush push,
      OwnerMetrics metrics,
      InstantSource clock) {}

  private final int shardNumber;
  private final Surroundings around;
  private final ShardStore store;
  private final StoreReads reads;
  private final Consumer<@Nullable Throwable> onEnd;
  private final Thread thread;
  private final LinkedBlockingQueue<ShardEvent> inbox = new LinkedBlockingQueue<>(QUEUE);
  // By identity: a generation is named by itself, and hashing one would read its whole state.
  private final Map<Generation, Engine> generations =
      Collections.synchronizedMap(new IdentityHashMap<>());
  private final CommitCadence cadence = new CommitCadence();
  private final AtomicLong tokensEnd = new AtomicLong();
  private ShardCounts.Reading reported = ShardCounts.Reading.ZERO;
  private volatile boolean releasing;
  private volatile Ownership state = Ownership.NEW;
  private volatile boolean closed;
  private volatile @Nullable Throwable fault;

  /**
   * @param store the shard's store, not yet acquired; closed by this owner
   * @param onEnd called once, last, on the owner's thread: null after a release, else the failure
   */
  public ShardOwner(
      int shard, Surroundings around, ShardStore store, Consumer<@Nullable Throwable> onEnd) {
    this.shardNumber = shard;
    this.around = around;
    this.store = store;
    this.reads = new StoreReads(store, shard, around.shards(), around.metrics());
    this.onEnd = onEnd;
    this.thread = Thread.ofPlatform().name("shard-" + shard).daemon(true).unstarted(this::live);
  }

  /** Begins; returns at once. */
  public void start() {
    thread.start();
  }

  /**
   * Asks for a release: running turns are stored at their next token boundary, all is committed and
   * the shard given back, so that the next owner goes on in the middle of them. Any thread, any
   * number of times.
   */
  public void release() {
    releasing = true;
    wake();
  }

  /** Acquired and neither released nor failed. */
  public boolean isRunning() {
    return state == Ownership.RUNNING || state == Ownership.DRAINING;
  }

  /** Waits for the end; false if it did not come in time. */
  public boolean awaitEnd(Duration atMost) {
    try {
      return thread.join(atMost);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void live() {
    Throwable failure = null;
    try {
      own();
    } catch (StoreException | RuntimeException | Error e) {
      failure = e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failure = e;
    }
    closed = true;
    if (failure != null) {
      enter(Ownership.LOST);
      if (failure instanceof StoreException refused && refused.isFenced()) {
        around.metrics().fenced();
      }
    }
    around.log().close(shardNumber);
    List.copyOf(generations.entrySet()).forEach(entry -> entry.getValue().cancel(entry.getKey()));
    store.close();
    around.metrics().gone(shardNumber);
    onEnd.accept(failure);
  }

  private void own() throws StoreException, InterruptedException {
    enter(Ownership.ACQUIRING);
    long begun = System.nanoTime();
    ShardStore.Acquired acquired = store.acquire(around.address());
    tokensEnd.set(acquired.tokensEnd());
    around.metrics().acquired(shardNumber, acquired, System.nanoTime() - begun);
    Shard shard =
        new Shard(
            shardNumber, around.shards(), acquired, around.replicas().models(), around.limits());
    around.log().open(shardNumber, RequestLog.Start.of(acquired), new Records());
    enter(Ownership.RUNNING);
    follow(shard, new ShardEvent.Acquired());
    while (!releasing) {
      turnOver(shard);
    }
    giveBack(shard);
  }

  /**
   * The reader goes on meanwhile, and is told that there is no room: streams do not wait for it.
   */
  private void giveBack(Shard shard) throws StoreException, InterruptedException {
    enter(Ownership.DRAINING);
    long begun = System.nanoTime();
    follow(shard, new ShardEvent.Drain());
    long patientUntil = now() + DRAIN_MS_MAX;
    while (!shard.isDrained() && now() < patientUntil) {
      turnOver(shard);
    }
    store.store(shard.record(Tenure.TENURE_RELEASED, tokensEnd.get()));
    store.commit();
    around.metrics().released(shardNumber, System.nanoTime() - begun);
    enter(Ownership.RELEASED);
  }

  private void enter(Ownership next) {
    state = state.become(next);
  }

  /** Waits for something to happen, follows it up, and commits when it is time. */
  private void turnOver(Shard shard) throws StoreException, InterruptedException {
    ShardEvent event = await(shard);
    checkHealth();
    if (event != null) {
      follow(shard, event);
      for (int i = 0; i < 256 && (event = inbox.poll()) != null; i++) {
        follow(shard, event);
      }
    }
    if (shard.wakeUpMs().orElse(Long.MAX_VALUE) <= now()) {
      follow(shard, new ShardEvent.Tick());
    }
    if (shard.takeTurnEnded()) {
      cadence.turnEnded();
    }
    if (store.dirty()) {
      cadence.wrote(now());
    }
    if (cadence.dueMs() <= now()) {
      commit(shard);
    }
    report(shard);
  }

  private @Nullable ShardEvent await(Shard shard) throws InterruptedException, StoreException {
    long due = Math.min(cadence.dueMs(), shard.wakeUpMs().orElse(Long.MAX_VALUE));
    if (due != Long.MAX_VALUE) {
      return inbox.poll(Math.max(0, due - now()), TimeUnit.MILLISECONDS);
    }
    ShardEvent event = inbox.poll(REST_AFTER_MS, TimeUnit.MILLISECONDS);
    if (event == null && !releasing) {
      checkHealth();
      store.rest();
      event = inbox.take();
    }
    return event;
  }

  private void commit(Shard shard) throws StoreException {
    store.store(shard.record(Tenure.TENURE_RUNNING, tokensEnd.get()));
    store.commit();
    cadence.committed(now());
    follow(shard, new ShardEvent.Committed());
  }

  /** One event and all that follows from it at once. */
  private void follow(Shard shard, ShardEvent first) throws StoreException {
    ArrayDeque<ShardEvent> events = new ArrayDeque<>(List.of(first));
    while (!events.isEmpty()) {
      for (Effect effect : shard.on(events.remove(), now())) {
        ShardEvent answer = carryOut(effect);
        if (answer != null) {
          events.add(answer);
        }
      }
    }
  }

  private @Nullable ShardEvent carryOut(Effect effect) throws StoreException {
    switch (effect) {
      case Effect.LookUp lookUp -> {
        return new ShardEvent.LookedUp(lookUp.session(), store.manifest(lookUp.session()));
      }
      case Effect.LoadState load -> {
        return reads.load(load);
      }
      case Effect.LoadFile load -> {
        return reads.load(load);
      }
      case Effect.ReadPast read -> {
        return reads.read(read);
      }
      case Effect.Run run -> {
        return run(run);
      }
      case Effect.Publish publish ->
          store.publish(publish.event(), publish.json(), published(publish));
      case Effect.Push push -> around.push().push(push.push(), push.event(), shardNumber, -1);
      case Effect.StoreTranscript transcript ->
          store.store(
              transcript.transcript(),
              new Acknowledged(
                  offset -> offer(new ShardEvent.TranscriptStored(offset)), this::fail));
      case Effect.DropTranscripts drop ->
          store.dropTranscripts(drop.session(), drop.firstTurn(), drop.nextTurn());
      case Effect.Tell tell ->
          around.forwarder().tell(tell.request(), home(tell.request().getSession()), this::fail);
      case Effect.TellBack tell ->
          around.forwarder().tell(tell.control(), home(tell.control().getSession()), this::fail);
      case Effect.Cancel cancel ->
          around.replicas().engine(cancel.model()).cancel(cancel.generation());
      case Effect.Capture capture ->
          around
              .replicas()
              .engine(capture.model())
              .capture(capture.generation(), capture.afterTokens());
      case Effect.DropSlot drop -> store.drop(drop.session(), drop.slot(), drop.chunks());
      case Effect.StoreSnapshot snapshot ->
          store.store(
              snapshot.session(),
              snapshot.slot(),
              snapshot.snapshot(),
              slot -> offer(new ShardEvent.SnapshotStored(snapshot.session(), slot)));
      case Effect.StoreManifest manifest -> store.store(manifest.manifest());
      case Effect.DropManifest drop -> store.dropManifest(drop.session());
      case Effect.Forward forward ->
          around
              .forwarder()
              .forward(
                  forward.raw(),
                  shardNumber,
                  forward.partition(),
                  () -> offer(new ShardEvent.Forwarded(forward.raw().offset())),
                  this::fail);
      case Effect.DeadLetter letter ->
          store.deadLetter(
              letter.raw().key(),
              letter.raw().value(),
              Map.of(Wire.REASON_CODE, letter.code(), Wire.REASON, letter.message()));
      case Effect.Flow flow -> around.log().pause(shardNumber, flow.paused());
    }
    return null;
  }

  private @Nullable ShardEvent run(Effect.Run run) {
    Generation generation = run.generation();
    Engine engine = around.replicas().engine(run.model());
    generations.put(generation, engine);
    try {
      engine.submit(
          generation,
          new TurnListener(
              run.session(),
              run.turn(),
              generation.choice(),
              tokensEnd::get,
              this::offer,
              () -> generations.remove(generation)));
      return null;
    } catch (EngineFullException e) {
      generations.remove(generation);
      return new ShardEvent.EngineFull(run.session(), run.turn(), generation.choice());
    }
  }

  private void report(Shard shard) {
    ShardCounts.Reading read = shard.counts().read();
    around.metrics().progress(shardNumber, reported, read, shard.running(), shard.waiting());
    reported = read;
  }

  private void checkHealth() throws StoreException {
    StoreException failed = store.failure();
    if (failed != null) {
      throw failed;
    }
    Throwable seen = fault;
    if (seen != null) {
      throw new StoreException(String.valueOf(seen.getMessage()), seen);
    }
  }

  private void offer(ShardEvent event) {
    if (!closed && !inbox.offer(event)) {
      fail(new IllegalStateException("shard %d does not keep up".formatted(shardNumber)));
    }
  }

  private void fail(Throwable failure) {
    fault = failure;
    wake();
  }

  /** A full queue wakes the owner by itself, so a refused offer does no harm. */
  private void wake() {
    var ignored = inbox.offer(new ShardEvent.Tick());
  }

  private int home(String session) {
    return Shards.of(session, around.shards());
  }

  private long now() {
    return around.clock().millis();
  }

  /** The reader's way in: it must not crowd out the engine's words. */
  private final class Records implements RequestLog.Sink {
    @Override
    public boolean offer(ShardEvent event) {
      return closed || (!releasing && inbox.size() < RECORDS_QUEUED && inbox.offer(event));
    }

    @Override
    public void missing(long wanted, long found) {
      around.metrics().recordsMissing(shardNumber, wanted, found);
    }
  }

  /** Shows an event once Kafka has acknowledged it. */
  private PublishListener published(Effect.Publish publish) {
    return new Acknowledged(
        offset -> {
          tokensEnd.accumulateAndGet(offset + 1, Math::max);
          String push = publish.push();
          if (push != null) {
            around.push().push(push, publish.event(), shardNumber, offset);
          }
          if (publish.starts()) {
            offer(
                new ShardEvent.StartAcknowledged(
                    publish.event().getSession(), publish.event().getTurn(), offset));
          }
        },
        this::fail);
  }
}
