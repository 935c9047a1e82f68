package dev.skein.worker.owner;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.engine.Engine;
import dev.skein.engine.EngineOptions;
import dev.skein.model.LoadProgress;
import dev.skein.model.Model;
import dev.skein.proto.Fingerprint;
import dev.skein.proto.Manifest;
import dev.skein.proto.TokenEvent;
import dev.skein.proto.TokenEventCodec;
import dev.skein.proto.Topics;
import dev.skein.proto.Wire;
import dev.skein.store.InMemoryCluster;
import dev.skein.store.LogRecord;
import dev.skein.store.ShardStore;
import dev.skein.worker.shard.RawRecord;
import dev.skein.worker.shard.ServedModel;
import dev.skein.worker.shard.ServedModels;
import dev.skein.worker.shard.ShardEvent;
import dev.skein.worker.shard.ShardLimits;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An owner whose log is so slow that all tokens but the first wait for company for ever. */
@Timeout(60)
class ShardOwnerTest {

  /** So many that a turn is stored when it is left, and not read again. */
  private static final int DRAWN = 80;

  private static final long LOG_MS = 1_000;

  private final InMemoryCluster cluster = new InMemoryCluster(Topics.main(), 1);
  private final AtomicLong ticks = new AtomicLong();
  private final CountDownLatch drawn = new CountDownLatch(DRAWN);
  private Model model;
  private Engine engine;
  private ShardOwner owner;

  @BeforeEach
  void streams() throws Exception {
    Path demo = Path.of(System.getProperty("skein.home"), "ops/models/skein-demo-9m");
    model = Model.open(demo, Model.Options.defaults(), LoadProgress.NONE);
    engine =
        Engine.start(
            model,
            new EngineOptions(1, 16, 1),
            (report, nanos) -> {
              for (int i = 0; i < report.drawn(); i++) {
                drawn.countDown();
              }
            });
    owner = new ShardOwner(0, surroundings(), cluster.open(0), failure -> {});
    owner.start();
    assertThat(drawn.await(30, TimeUnit.SECONDS)).isTrue();
  }

  @AfterEach
  void close() {
    owner.release();
    owner.awaitEnd(Duration.ofSeconds(30));
    engine.close();
    model.close();
  }

  @Test
  void whatWaitsIsCommittedWithTheMiddleThatIsStored() throws Exception {
    CountDownLatch stored = new CountDownLatch(1);
    owner.storeMiddles(stored::countDown);
    assertThat(stored.await(30, TimeUnit.SECONDS)).isTrue();
    theMiddleRestsOnCommittedTokens();
  }

  @Test
  void whatWaitsIsCommittedWhenTheShardIsGivenBack() throws Exception {
    owner.release();
    assertThat(owner.awaitEnd(Duration.ofSeconds(30))).isTrue();
    theMiddleRestsOnCommittedTokens();
  }

  private void theMiddleRestsOnCommittedTokens() throws Exception {
    try (ShardStore next = cluster.open(0)) {
      var _ = next.acquire("there");
      Manifest manifest = requireNonNull(next.manifest("ann"));
      int middle = manifest.getUnfinished().getSlot().getPosition().getIndex();
      assertThat(middle).as("tokens that the middle rests on").isGreaterThanOrEqualTo(DRAWN);
      List<Integer> needed = IntStream.range(0, middle).boxed().toList();
      assertThat(committedTokens()).startsWith(needed.toArray(Integer[]::new));
    }
  }

  private List<Integer> committedTokens() throws Exception {
    List<Integer> indices = new ArrayList<>();
    for (LogRecord record : cluster.records(Topics.main().tokens(), 0, true)) {
      TokenEvent event = TokenEventCodec.decode(requireNonNull(record.value()));
      if (event.hasToken()) {
        indices.add(event.getIndex());
      }
    }
    return indices;
  }

  private Surroundings surroundings() {
    ServedModel served =
        new ServedModel(
            model.name(),
            "main",
            model.tokenizer(),
            model.template(),
            model.defaults(),
            Fingerprint.getDefaultInstance(),
            "",
            model.rwkv().config().vocabulary());
    return new Surroundings(
        "here",
        1,
        new Replicas(new ServedModels(List.of(served)), Map.of(model.name(), engine)),
        ShardLimits.of(1 << 20, ShardLimits.Keeping.USUAL),
        new OneRequest(),
        RecordForwarder.NOBODY,
        (router, event, shard, offset) -> ticks.addAndGet(10),
        (shard, before, isWanted) -> HandOver.Passage.FREE,
        new OwnerMetrics(new SimpleMeterRegistry(), "main"),
        InstantSource.fixed(Instant.ofEpochMilli(LOG_MS)),
        ticks::get);
  }

  /** A log in which a client asks for a long answer. */
  private static final class OneRequest implements RequestLog {
    @Override
    public void open(int shard, Start start, Sink sink) {
      byte[] value =
          "{\"prompt\":\"Once\",\"max_tokens\":100000,\"ignore_end_of_text\":true}".getBytes(UTF_8);
      Map<String, String> headers = Map.of(Wire.CONTENT_TYPE, Wire.JSON, Wire.PUSH, "router");
      sink.offer(
          new ShardEvent.RequestRead(
              new RawRecord(0, "ann".getBytes(UTF_8), value, headers, LOG_MS)));
    }

    @Override
    public void pause(int shard, boolean paused) {}

    @Override
    public void close(int shard, Sink sink) {}
  }
}
