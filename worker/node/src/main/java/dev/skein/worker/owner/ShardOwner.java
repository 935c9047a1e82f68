package dev.skein.worker.owner;

import dev.skein.proto.Shards;
import dev.skein.proto.Tenure;
import dev.skein.proto.Wire;
import dev.skein.store.Heir;
import dev.skein.store.ShardStore;
import dev.skein.store.StoreException;
import dev.skein.worker.shard.Effect;
import dev.skein.worker.shard.Shard;
import dev.skein.worker.shard.ShardCounts;
import dev.skein.worker.shard.ShardEvent;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
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
  private static final long REST_AFTER_MS = 1_000;

  /** What is not stored by then is recovered from the log. */
  private static final long DRAIN_MS_MAX = 10_000;

  private final int shardNumber;
  private final Surroundings around;
  private final ShardStore store;
  private final StoreReads reads;
  private final Consumer<@Nullable Throwable> onEnd;
  private final Thread thread;
  private final LinkedBlockingQueue<ShardEvent> inbox = new LinkedBlockingQueue<>(QUEUE);
  private final EventPublisher publisher;
  private final Generations generations;
  private final Queue<CompletableFuture<Void>> askers = new ConcurrentLinkedQueue<>();
  private final CompletableFuture<Void> over = new CompletableFuture<>();
  private final RequestLog.Sink records;
  private final CommitCadence cadence = new CommitCadence();
  private ShardCounts.Reading reported = ShardCounts.Reading.ZERO;
  private volatile boolean releasing;
  private volatile Heir heir = Heir.NOBODY;
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
    this.publisher =
        new EventPublisher(shard, store, around.push(), this::offer, this::fail, around.ticks());
    this.generations = new Generations(around.replicas(), publisher::tokensEnd, this::offer);
    this.onEnd = onEnd;
    this.records = new RecordSink(shard, inbox, () -> closed, () -> releasing, around.metrics());
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

  /** The same, for one that waits for it. */
  public void release(Heir next) {
    heir = next;
    release();
  }

  /** Asks that running turns be stored; they run on. Any thread. */
  public void storeMiddles(Runnable whenCommitted) {
    CompletableFuture<Void> stored = new CompletableFuture<>();
    CompletableFuture<Void> _ = stored.thenRun(whenCommitted);
    askers.add(stored);
    whenOver(() -> stored.complete(null));
    offer(new ShardEvent.StoreMiddles());
  }

  /** Acquired and neither released nor failed. */
  public boolean isRunning() {
    return state == Ownership.RUNNING || state == Ownership.DRAINING;
  }

  /** Done when the shard was given back or is lost: this owner writes nothing more. */
  public CompletionStage<Void> over() {
    return over.copy();
  }

  /** Runs something then, or now if it is over. */
  public void whenOver(Runnable then) {
    CompletableFuture<Void> _ = over.thenRun(then);
  }

  /** The number of the shard. */
  public int shard() {
    return shardNumber;
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
    around.log().close(shardNumber, records);
    generations.cancelAll();
    store.close();
    over.complete(null);
    around.metrics().gone(shardNumber);
    onEnd.accept(failure);
  }

  private void own() throws StoreException, InterruptedException {
    enter(Ownership.ACQUIRING);
    Shard shard = acquired();
    if (shard == null) {
      enter(Ownership.RELEASED);
      return;
    }
    while (!releasing) {
      turnOver(shard);
    }
    giveBack(shard);
  }

  /** The shard, running; null if it is not wanted here any more before that. */
  private @Nullable Shard acquired() throws StoreException, InterruptedException {
    long begun = System.nanoTime();
    Heir me = Heir.at(around.address());
    String before = store.prepare();
    try (HandOver.Passage passage =
        around.handOver().begin(shardNumber, before, () -> !releasing)) {
      if (passage.isAwaited()) {
        store.readAhead();
        passage.take(me);
        begun = System.nanoTime();
      }
      if (releasing) {
        return null;
      }
      ShardStore.Acquired acquired = store.acquire(me);
      publisher.reached(acquired.tokensEnd());
      around.metrics().acquired(shardNumber, acquired, System.nanoTime() - begun);
      Shard shard =
          new Shard(
              shardNumber, around.shards(), acquired, around.replicas().models(), around.limits());
      enter(Ownership.RUNNING);
      follow(shard, new ShardEvent.Acquired());
      // What runs comes before what is new.
      around.log().open(shardNumber, RequestLog.Start.of(acquired), records);
      return shard;
    }
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
    publisher.flush();
    store.leave(shard.record(Tenure.TENURE_RELEASED, publisher.tokensEnd()), heir);
    store.commit();
    over.complete(null);
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
    publisher.flushIfDue();
    if (shard.takeTurnEnded()) {
      cadence.turnEnded();
    }
    if (store.dirty()) {
      cadence.wrote(ticks());
    }
    boolean areMiddlesStored = shard.takeMiddlesStored();
    if (areMiddlesStored || cadence.dueMs() <= ticks()) {
      commit(shard);
      cadence.committed(ticks());
      follow(shard, new ShardEvent.Committed());
    }
    while (areMiddlesStored && !askers.isEmpty()) {
      askers.remove().complete(null);
    }
    report(shard);
  }

  private @Nullable ShardEvent await(Shard shard) throws InterruptedException, StoreException {
    long due = until(Math.min(cadence.dueMs(), publisher.dueMs()), ticks());
    long patience = Math.min(due, until(shard.wakeUpMs().orElse(Long.MAX_VALUE), now()));
    if (patience != Long.MAX_VALUE) {
      return inbox.poll(patience, TimeUnit.MILLISECONDS);
    }
    ShardEvent event = inbox.poll(REST_AFTER_MS, TimeUnit.MILLISECONDS);
    if (event == null && !releasing) {
      checkHealth();
      store.rest();
      event = inbox.take();
    }
    return event;
  }

  private static long until(long dueMs, long nowMs) {
    return dueMs == Long.MAX_VALUE ? dueMs : Math.max(0, dueMs - nowMs);
  }

  /** No state is committed ahead of the events that it rests on. */
  private void commit(Shard shard) throws StoreException {
    publisher.flush();
    store.store(shard.record(Tenure.TENURE_RUNNING, publisher.tokensEnd()));
    store.commit();
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
      case Effect.Read read -> {
        return reads.read(read);
      }
      case Effect.Run run -> {
        return generations.run(run);
      }
      case Effect.Publish publish -> publisher.publish(publish);
      case Effect.Push push -> publisher.push(push);
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
      case Effect.Cancel cancel -> generations.cancel(cancel);
      case Effect.Capture capture -> generations.capture(capture);
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

  private long ticks() {
    return around.ticks().getAsLong();
  }
}
