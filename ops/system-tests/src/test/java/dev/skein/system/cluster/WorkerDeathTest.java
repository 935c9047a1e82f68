package dev.skein.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Workers die, are drained or are stopped for a while, and routers die, while streams run: every
 * transcript equals the oracle's. Five kills with one broker; with {@code -Dskein.tier=full} twenty
 * with three brokers.
 */
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class WorkerDeathTest {
  private static final boolean FULL = "full".equals(System.getProperty("skein.tier"));
  private static final int KILLS = FULL ? 20 : 5;
  private static final int BROKERS = FULL ? 3 : 1;
  private static final int LENGTH = 600;
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final List<Piece> PIECES = Piece.six(LENGTH);

  @TempDir static Path folder;

  private static Cluster cluster;
  private static KcatTranscript kcat;
  private static Oracle oracle;

  @BeforeAll
  static void start() throws Exception {
    Process there = new ProcessBuilder("sh", "-c", "command -v kcat").start();
    Assumptions.assumeTrue(
        there.waitFor() == 0, "kcat is not installed (Debian: apt install kcat)");
    oracle = new Oracle(PIECES);
    cluster = Cluster.start(folder, BROKERS, 3);
    kcat = KcatTranscript.start(cluster.kafka(), folder);
  }

  @AfterAll
  static void end() {
    if (kcat != null) {
      kcat.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void everyStreamOfAKilledWorkerGoesOnAtTheExactToken() {
    int counted = 0;
    for (int round = 0; counted < KILLS && round < 2 * KILLS; round++) {
      Batch batch = new Batch("kill-" + round);
      Node victim = batch.awaitVictim();
      int code = victim.kill();
      Map<String, Integer> cut = batch.underWay(victim);
      System.out.printf(
          "kill %d: pid %d, exit %d, streams under way %s%n", round, victim.pid(), code, cut);
      assertThat(code).isEqualTo(137);
      counted += cut.isEmpty() ? 0 : 1;
      cluster.replaceDead();
      batch.awaitWhole();
      System.out.printf("kill %d: longest wait of an HTTP client %d ms%n", round, batch.gapMs());
      cluster.awaitReady();
    }
    assertThat(counted).as("kills that cut a stream").isEqualTo(KILLS);
  }

  @Test
  void aWorkerThatIsAskedToEndHandsItsStreamsOver() {
    Batch batch = new Batch("drain");
    Node victim = batch.awaitVictim();
    int code = victim.stop();
    System.out.printf("drain: exit %d%n%s", code, victim.errors());
    cluster.replaceDead();
    batch.awaitWhole();
    System.out.printf("drain: longest wait of an HTTP client %d ms%n", batch.gapMs());
    assertThat(code).isZero();
    cluster.awaitReady();
  }

  @Test
  void aWorkerThatWasStoppedForAWhileWritesNothingThatAnyReaderAccepts() {
    Batch batch = new Batch("zombie");
    Node victim = batch.awaitVictim();
    victim.signal("STOP");
    batch.awaitWhole();
    victim.signal("CONT");
    Batch after = new Batch("after-zombie");
    after.awaitWhole();
    batch.assertWhole();
    assertThat(victim.isAlive()).as("it joins again in the same process").isTrue();
  }

  @Test
  void aClientWhoseRouterDiesGoesOnAtTheOtherOne() {
    HttpTranscript stream = new HttpTranscript("router-death", PIECES.getFirst());
    Node router = cluster.addRouter().awaitReady();
    stream.follow(cluster.api(1));
    await(() -> stream.length() > LENGTH / 10);
    assertThat(router.kill()).isEqualTo(137);
    await(() -> stream.broken() != null || stream.done());
    assertThat(stream.done()).as("it was still under way").isFalse();
    stream.follow(cluster.api(0));
    await(() -> stream.done() || stream.broken() != null);
    assertThat(stream.broken()).isNull();
    assertThat(stream.text()).isEqualTo(oracle.of(stream.piece()).text());
  }

  private static void await(BooleanSupplier condition) {
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .until(condition::getAsBoolean);
  }

  /** Six streams at a time: four asked for with kcat, two over HTTP. */
  private static final class Batch {
    private static final int OVER_KAFKA = 4;

    private final Map<String, Piece> overKafka = new HashMap<>();
    private final List<HttpTranscript> overHttp = new ArrayList<>();

    Batch(String name) {
      for (int i = 0; i < PIECES.size(); i++) {
        String session = name + "-" + i;
        if (i < OVER_KAFKA) {
          overKafka.put(session, PIECES.get(i));
          kcat.request(session, PIECES.get(i));
        } else {
          HttpTranscript http = new HttpTranscript(session, PIECES.get(i));
          overHttp.add(http);
          http.follow(cluster.api(0));
        }
      }
    }

    /** A worker of which a stream is between a tenth and nine tenths of its way. */
    Node awaitVictim() {
      List<Node> found = new ArrayList<>();
      await(() -> {
        progress()
            .forEach((session, length) -> {
              if (found.isEmpty() && isUnderWay(length)) {
                found.add(cluster.ownerOf(session));
              }
            });
        return !found.isEmpty();
      });
      return found.getFirst();
    }

    /** Sessions of a worker that are under way, and their lengths. */
    Map<String, Integer> underWay(Node worker) {
      Map<String, Integer> under = new HashMap<>();
      progress()
          .forEach((session, length) -> {
            if (isUnderWay(length) && cluster.ownerOf(session) == worker) {
              under.put(session, length);
            }
          });
      return under;
    }

    private static boolean isUnderWay(int length) {
      return length > LENGTH / 10 && length < LENGTH * 9 / 10;
    }

    private Map<String, Integer> progress() {
      Map<String, Integer> progress = new HashMap<>();
      overKafka.keySet().forEach(session -> progress.put(session, kcat.length(session)));
      overHttp.forEach(http -> progress.put(http.session(), http.length()));
      return progress;
    }

    void awaitWhole() {
      await(() ->
          overKafka.keySet().stream().allMatch(kcat::ended)
              && overHttp.stream().allMatch(http -> http.done() || http.broken() != null));
      assertWhole();
    }

    void assertWhole() {
      overKafka.forEach((session, piece) ->
          assertThat(kcat.tokens(session)).as(session).isEqualTo(oracle.of(piece).tokens()));
      for (HttpTranscript http : overHttp) {
        assertThat(http.broken()).as(http.session()).isNull();
        assertThat(http.text()).as(http.session()).isEqualTo(oracle.of(http.piece()).text());
        assertThat(http.length()).isEqualTo(LENGTH + 1);
      }
    }

    long gapMs() {
      return overHttp.stream().mapToLong(HttpTranscript::gapMs).max().orElse(0);
    }
  }
}
