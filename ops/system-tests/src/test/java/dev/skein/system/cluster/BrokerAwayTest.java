package dev.skein.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The broker is away: generation pauses, open streams are kept alive, new requests get a clear
 * error after the configured time, memory does not grow, and everything goes on by itself.
 */
@Tag("full")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class BrokerAwayTest {
  private static final int STREAMS = 8;
  private static final int TOKENS = 300;
  private static final Duration AWAY = Duration.ofSeconds(45);

  /** What a paused node may need beside what it had: buffers, bounded, and the JVM's own. */
  private static final long GROWTH_BYTES_MAX = 128L << 20;

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @TempDir Path folder;

  @Test
  void everythingPausesAndGoesOn() throws Exception {
    Cluster.Shape shape = new Cluster.Shape(1, 2, 1, 5);
    try (Chaos chaos = Chaos.start(folder, shape, STREAMS, TOKENS)) {
      Flock flock = chaos.flock();
      Cluster cluster = chaos.cluster();
      flock.runUntil("streams", Duration.ofMinutes(2), () -> flock.heard().size() == STREAMS / 2);
      List<String> lines = new CopyOnWriteArrayList<>();
      Thread.ofVirtual().start(() -> follow(cluster, "listener", lines));
      flock.runUntil("a plain stream", Duration.ofMinutes(2), () -> lines.size() > 3);
      long before = memory(cluster);
      List<String> streams = flock.heard();
      Node broker = cluster.brokers().getFirst();
      long sinceMs = System.currentTimeMillis();
      broker.signal("STOP");
      HttpResponse<String> refused = ask(cluster, "latecomer");
      long refusedAfterMs = System.currentTimeMillis() - sinceMs;
      flock.run(AWAY.minusMillis(refusedAfterMs));
      long grown = memory(cluster) - before;
      broker.signal("CONT");
      long backMs = System.currentTimeMillis();
      flock.runUntil(
          "streams go on",
          Duration.ofMinutes(3),
          () -> streams.stream().allMatch(stream -> flock.goesOn(stream, backMs)));
      System.out.printf(
          "broker away for %d s: a new request is refused after %d ms, memory grew by %d MB, %d"
              + " keep-alives, longest wait after its return %d ms%n",
          AWAY.toSeconds(),
          refusedAfterMs,
          grown >> 20,
          lines.stream().filter(line -> line.startsWith(": keep-alive")).count(),
          flock.gapMs(streams, sinceMs) - (backMs - sinceMs));
      assertThat(refused.statusCode()).as(refused.body()).isEqualTo(503);
      assertThat(refused.body()).contains("unavailable");
      assertThat(refused.headers().firstValue("retry-after")).isPresent();
      assertThat(refusedAfterMs).isLessThan(AWAY.toMillis());
      assertThat(lines).contains(": keep-alive");
      assertThat(grown).isLessThan(GROWTH_BYTES_MAX);
      chaos.land();
    }
  }

  private static HttpRequest request(Cluster cluster, String session, boolean stream) {
    var body = Piece.some(1, TOKENS).getFirst().request();
    body.put("session", session).put("stream", stream);
    return HttpRequest.newBuilder(URI.create(cluster.apis().getFirst() + "/completions"))
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body.toString()))
        .build();
  }

  private static HttpResponse<String> ask(Cluster cluster, String session) throws Exception {
    return CLIENT.send(request(cluster, session, false), BodyHandlers.ofString());
  }

  private static void follow(Cluster cluster, String session, List<String> lines) {
    try {
      HttpResponse<Stream<String>> answer =
          CLIENT.send(request(cluster, session, true), BodyHandlers.ofLines());
      answer.body().forEach(lines::add);
    } catch (IOException | UncheckedIOException e) {
      lines.add("broken: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Resident memory of workers and routers. */
  private static long memory(Cluster cluster) {
    return Stream.concat(cluster.workers().stream(), cluster.routers().stream())
        .mapToLong(Node::residentBytes)
        .sum();
  }
}
