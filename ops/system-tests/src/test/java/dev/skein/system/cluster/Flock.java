package dev.skein.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;

/**
 * Streams that run all the time, half of them asked for with kcat, half with the npm client: one
 * that ends is compared with the oracle, and another one begins.
 */
final class Flock {
  private static final Duration LOOK = Duration.ofMillis(100);

  private final Cluster cluster;
  private final KcatTranscript kcat;
  private final NpmTranscript npm;
  private final Oracle oracle;
  private final List<Piece> pieces;
  private final Map<String, Piece> running = new LinkedHashMap<>();
  private int begun;
  private int whole;

  Flock(
      Cluster cluster, KcatTranscript kcat, NpmTranscript npm, Oracle oracle, List<Piece> pieces) {
    this.cluster = cluster;
    this.kcat = kcat;
    this.npm = npm;
    this.oracle = oracle;
    this.pieces = pieces;
  }

  /** Begins streams beside those that run. */
  void begin(int count) {
    Map<String, Piece> overKafka = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      String session = "stream-" + begun;
      Piece piece = pieces.get(begun % pieces.size());
      running.put(session, piece);
      if (isNpm(session)) {
        npm.request(session, piece, apis(begun));
      } else {
        overKafka.put(session, piece);
      }
      begun++;
    }
    if (!overKafka.isEmpty()) {
      kcat.request(overKafka);
    }
  }

  private static boolean isNpm(String session) {
    return number(session) % 2 == 1;
  }

  private static int number(String session) {
    return Integer.parseInt(session.substring(session.indexOf('-') + 1));
  }

  /** Routers take turns in being the first to be asked. */
  private List<String> apis(int stream) {
    List<String> apis = new ArrayList<>(cluster.apis());
    Collections.rotate(apis, stream / 2);
    return apis;
  }

  /** Which router a stream is read from, if it is one of the npm client's. */
  private int router(String session) {
    String api = apis(number(session)).get(npm.of(session).breaks().size() % cluster.apis().size());
    return cluster.apis().indexOf(api);
  }

  /** Takes in what has come, and compares what has ended. */
  private int look() {
    kcat.read();
    npm.read();
    List<String> ended =
        running.keySet().stream()
            .filter(session -> isNpm(session) ? npm.of(session).done() : kcat.ended(session))
            .toList();
    ended.forEach(this::assertWhole);
    running.keySet().removeAll(ended);
    whole += ended.size();
    return ended.size();
  }

  private void assertWhole(String session) {
    Piece piece = pieces.get(number(session) % pieces.size());
    Oracle.Answer answer = oracle.of(piece);
    if (isNpm(session)) {
      assertThat(npm.of(session).text()).as(session).isEqualTo(answer.text());
      assertThat(npm.of(session).length()).as(session).isEqualTo(piece.tokens() + 1);
    } else {
      assertThat(kcat.tokens(session)).as(session).isEqualTo(answer.tokens());
    }
  }

  /** Lets the streams run until something is so; as many as there are now. */
  void runUntil(String what, Duration atMost, BooleanSupplier condition) {
    int count = running.size();
    Awaitility.await(what)
        .atMost(atMost)
        .pollInterval(LOOK)
        .until(() -> {
          look();
          begin(count - running.size());
          return condition.getAsBoolean();
        });
  }

  /** Lets the streams run for a while. */
  void run(Duration time) {
    long until = System.nanoTime() + time.toNanos();
    runUntil("a while has passed", time.plusSeconds(60), () -> System.nanoTime() - until > 0);
  }

  /** Lets every stream come to its end. */
  void land(Duration atMost) {
    Awaitility.await("every stream ends")
        .atMost(atMost)
        .pollInterval(LOOK)
        .until(() -> {
          look();
          return running.isEmpty();
        });
  }

  /**
   * Streams of a worker that have come between a tenth and nine tenths of their way, and how far.
   */
  Map<String, Integer> underWay(Node worker) {
    Map<String, Integer> found = new LinkedHashMap<>();
    Set<Integer> shards = cluster.shardsOf(worker);
    running.forEach((session, piece) -> {
      int length = isNpm(session) ? npm.of(session).length() : kcat.length(session);
      boolean isUnderWay = length > piece.tokens() / 10 && length < piece.tokens() * 9 / 10;
      if (isUnderWay && shards.contains(cluster.shardOf(session))) {
        found.put(session, length);
      }
    });
    return found;
  }

  /** Streams of the npm client that are running and have begun to come. */
  List<String> heard() {
    return running.keySet().stream()
        .filter(session -> isNpm(session) && npm.of(session).length() > 0)
        .toList();
  }

  /** Those of them that are read from a router. */
  List<String> heardFrom(int router) {
    return heard().stream().filter(session -> router(session) == router).toList();
  }

  /** Whether a stream has ended, or goes on half a second after something happened. */
  boolean goesOn(String session, long sinceMs) {
    return !isNpm(session) || npm.of(session).done() || npm.of(session).gapMs(sinceMs + 500) >= 0;
  }

  /** The longest wait of a client of these streams for an event after a moment. */
  long gapMs(Collection<String> sessions, long sinceMs) {
    return gapsMs(sessions, sinceMs).stream().mapToLong(Long::longValue).max().orElse(0);
  }

  /** The longest wait of each client of these streams that tells when events came. */
  List<Long> gapsMs(Collection<String> sessions, long sinceMs) {
    return sessions.stream()
        .filter(Flock::isNpm)
        .map(session -> npm.of(session).gapMs(sinceMs))
        .filter(gap -> gap >= 0)
        .toList();
  }

  /** Streams that were compared so far. */
  int whole() {
    return whole;
  }
}
