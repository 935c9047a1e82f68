package dev.skein.worker;

import dev.skein.engine.Engine;
import dev.skein.engine.EngineOptions;
import dev.skein.model.Model;
import dev.skein.proto.Cancel;
import dev.skein.proto.Control;
import dev.skein.proto.Request;
import dev.skein.proto.TokenEvent;
import dev.skein.proto.Topics;
import dev.skein.proto.Wire;
import dev.skein.store.Heir;
import dev.skein.store.InMemoryCluster;
import dev.skein.worker.owner.HandOver;
import dev.skein.worker.owner.OwnerMetrics;
import dev.skein.worker.owner.RecordForwarder;
import dev.skein.worker.owner.RequestLog;
import dev.skein.worker.owner.ShardOwner;
import dev.skein.worker.owner.Surroundings;
import dev.skein.worker.shard.RawRecord;
import dev.skein.worker.shard.ShardEvent;
import dev.skein.worker.shard.ShardLimits;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A turn that begins with one owner, is given to another one in its middle and ends there, in
 * memory, before a model is served. What every turn and every hand-over runs through is loaded and
 * linked by then: otherwise the first client and the first drain wait for that. Nobody outside
 * hears of it.
 */
public final class Rehearsal {

  private static final String POOL = "rehearsal";

  /** Each owner shows so many at least. */
  private static final int TOKENS = 4;

  /** More than the first owner can draw while the second one begins. */
  private static final int TOKENS_MAX = 100_000;

  /** Steps of a toy model, after which the kernels are compiled. */
  private static final int WARM_UP = 150;

  /** A model may be so large that it does not get through a turn before it is to serve. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final InMemoryCluster cluster = new InMemoryCluster(new Topics(POOL), 1);
  private final List<CountDownLatch> spoken =
      List.of(new CountDownLatch(TOKENS), new CountDownLatch(TOKENS));
  private final CountDownLatch ended = new CountDownLatch(1);
  private final OneRequest log = new OneRequest();
  private final List<Throwable> failures = new CopyOnWriteArrayList<>();
  private final Engine engine;
  private final long until;

  private Rehearsal(Engine engine, Duration atMost) {
    this.engine = engine;
    this.until = System.nanoTime() + atMost.toNanos();
  }

  /**
   * Lets the kernels be compiled, and runs the turn with an engine of its own, which takes two
   * seconds at the most.
   *
   * @param model not used by anything else meanwhile
   */
  public static void of(Model model) {
    var ignored = of(model, PATIENCE);
  }

  /** The same; whether it came to the turn's end. */
  static boolean of(Model model, Duration atMost) {
    model.rwkv().warmUp(WARM_UP);
    try (Engine engine = Engine.start(model, new EngineOptions(1, 16, 1))) {
      return new Rehearsal(engine, atMost).run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private boolean run() throws InterruptedException {
    ShardOwner first = owner((shard, before, isWanted) -> HandOver.Passage.FREE);
    first.start();
    boolean isDone = await(spoken.getFirst());
    ShardOwner second = owner((shard, before, isWanted) -> new Passage(first));
    second.start();
    isDone &= await(spoken.getLast());
    log.cancel();
    isDone &= await(ended);
    for (ShardOwner owner : List.of(first, second)) {
      owner.release();
      isDone &= owner.awaitEnd(left());
    }
    return isDone && failures.isEmpty();
  }

  private boolean await(CountDownLatch latch) throws InterruptedException {
    return latch.await(left().toNanos(), TimeUnit.NANOSECONDS);
  }

  private Duration left() {
    return Duration.ofNanos(Math.max(0, until - System.nanoTime()));
  }

  private ShardOwner owner(HandOver handOver) {
    Surroundings around =
        new Surroundings(
            POOL,
            1,
            ModelDescriptions.replicas(List.of(new Replica(engine.model().name(), engine)), POOL),
            ShardLimits.of(1L << 20, ShardLimits.Keeping.USUAL),
            log,
            RecordForwarder.NOBODY,
            (router, event, shard, offset) -> heard(event),
            handOver,
            new OwnerMetrics(new SimpleMeterRegistry(), POOL),
            InstantSource.system(),
            () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
    return new ShardOwner(0, around, cluster.open(0), this::gone);
  }

  private void gone(@Nullable Throwable failure) {
    if (failure != null) {
      failures.add(failure);
    }
  }

  private void heard(TokenEvent event) {
    if (event.hasToken()) {
      spoken.get(event.getEpoch() - 1).countDown();
    }
    if (event.hasEnd()) {
      ended.countDown();
    }
  }

  /** The first owner stores the turn, and gives it away when it is asked to. */
  private final class Passage implements HandOver.Passage {
    private final ShardOwner before;

    Passage(ShardOwner before) throws InterruptedException {
      this.before = before;
      CountDownLatch stored = new CountDownLatch(1);
      before.storeMiddles(stored::countDown);
      var ignored = await(stored);
    }

    @Override
    public boolean isAwaited() {
      return true;
    }

    @Override
    public void take(Heir me) {
      before.release(me);
      var ignored = before.awaitEnd(left());
    }

    @Override
    public void close() {}
  }

  /** A log in which one client asks for a long answer, and goes away. */
  private static final class OneRequest implements RequestLog {
    private volatile @Nullable Sink newest;

    @Override
    public void open(int shard, Start start, Sink sink) {
      newest = sink;
      Request request =
          Request.newBuilder()
              .setRequestId(POOL)
              .setPrompt("Once upon a time")
              .setMaxTokens(TOKENS_MAX)
              .setIgnoreEndOfText(true)
              .build();
      Map<String, String> headers = Map.of(Wire.CONTENT_TYPE, Wire.PROTOBUF, Wire.PUSH, POOL);
      byte[] session = POOL.getBytes(StandardCharsets.UTF_8);
      long now = System.currentTimeMillis();
      sink.offer(
          new ShardEvent.RequestRead(
              new RawRecord(0, session, request.toByteArray(), headers, now)));
    }

    void cancel() {
      Sink sink = newest;
      if (sink != null) {
        Control cancel =
            Control.newBuilder()
                .setSession(POOL)
                .setRequestId(POOL)
                .setCancel(Cancel.newBuilder().setRouter(POOL))
                .build();
        sink.offer(new ShardEvent.ControlRead(0, cancel));
      }
    }

    @Override
    public void pause(int shard, boolean paused) {}

    @Override
    public void close(int shard, Sink sink) {}
  }
}
