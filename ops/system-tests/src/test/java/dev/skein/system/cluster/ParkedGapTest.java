package dev.skein.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A stream whose worker is killed goes on as soon among a million parked sessions as alone; and
 * each of them is found and goes on, by workers and a router that have just started.
 */
@Tag("long")
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class ParkedGapTest {
  private static final int PARKED = Integer.getInteger("skein.parked", 1_000_000);
  private static final int KILLS = Integer.getInteger("skein.parked.kills", 7);
  private static final int SHARDS = 8;
  private static final Duration WARM_UP = Duration.ofSeconds(8);
  private static final long NOISE_MS = 500;
  private static final long ANSWER_MS_MAX = 5_000;
  private static final int PAGE = 1_000;
  private static final int PAGES = 5;

  /** What every parked session is like. */
  private static final String MODEL = "a-real-one";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @TempDir Path folder;

  @Test
  void theGapDoesNotDependOnHowManySessionsAreParked() throws Exception {
    try (Chaos chaos = Chaos.start(folder, new Cluster.Shape(1, 3, 1, 20, SHARDS), 12, 240)) {
      Cluster cluster = chaos.cluster();
      chaos.flock().run(WARM_UP);
      turn(cluster, MODEL);
      kill(chaos);
      print(cluster, "with none");
      timed(
          "%,d manifests are written".formatted(PARKED),
          () -> new ParkedSessions(cluster.kafka(), SHARDS).write(MODEL, PARKED));
      renewWorkers(chaos);
      long firstMs = renewRouter(chaos);
      kill(chaos);
      print(cluster, "with all");
      assertAnyGoesOn(cluster);
      assertListed(cluster);
      chaos.land();
      List<Long> gaps = chaos.gaps().longestMs(Fault.WORKER_KILLED);
      List<Long> alone = gaps.subList(0, KILLS);
      List<Long> among = gaps.subList(KILLS, gaps.size());
      System.out.printf(
          "gap alone %s ms, median %d; among %,d parked sessions %s ms, median %d%n",
          alone, median(alone), PARKED, among, median(among));
      if (Chaos.hasAir(chaos.usuallyBusy())) {
        assertThat(median(among)).isLessThanOrEqualTo(median(alone) + NOISE_MS);
        assertThat(firstMs).isLessThanOrEqualTo(ANSWER_MS_MAX);
      }
    }
  }

  private static void kill(Chaos chaos) {
    for (int i = 0; i < KILLS; i++) {
      chaos.share();
      chaos.calm(Duration.ofSeconds(2));
      chaos.strike(Fault.WORKER_KILLED);
    }
    chaos.share();
  }

  /** Each is killed and starts again: whoever owns a shard then has read it with all sessions. */
  private static void renewWorkers(Chaos chaos) {
    Cluster cluster = chaos.cluster();
    for (int i = 0; i < cluster.workers().size(); i++) {
      cluster.workers().get(i).kill();
      cluster.replaceDead();
      Node fresh = cluster.workers().get(i);
      timed("a worker starts", chaos::mend);
      timed("and has its share", chaos::share);
      System.out.printf("its processor time %,d ms%n", fresh.processorTime().toMillis());
    }
  }

  /** How long the first question waits that a router is asked when it has just started. */
  private static long renewRouter(Chaos chaos) throws Exception {
    Cluster cluster = chaos.cluster();
    cluster.routers().getFirst().kill();
    cluster.replaceDead();
    timed("the router starts", chaos::mend);
    Node router = cluster.routers().getFirst();
    Duration before = router.processorTime();
    long shownMs = asked(cluster, "/sessions/" + ParkedSessions.name(PARKED / 2), 200);
    long againMs = asked(cluster, "/sessions/" + ParkedSessions.name(PARKED - 1), 200);
    long unknownMs = asked(cluster, "/sessions/nobody", 404);
    long listMs = asked(cluster, "/sessions?limit=1000", 200);
    long knownMs = asked(cluster, "/sessions/" + ParkedSessions.name(PARKED / 3), 200);
    System.out.printf(
        "a fresh router shows its first session after %,d ms, another after %,d, knows in %,d that"
            + " there is none, lists in %,d, shows another in %,d; processor time %,d ms%n",
        shownMs,
        againMs,
        unknownMs,
        listMs,
        knownMs,
        router.processorTime().minus(before).toMillis());
    return Math.max(shownMs, Math.max(againMs, unknownMs));
  }

  private static long asked(Cluster cluster, String path, int status) throws Exception {
    long began = System.nanoTime();
    HttpResponse<String> answer = get(cluster, path);
    long ms = millisSince(began);
    assertThat(answer.statusCode())
        .as("%s after %d ms: %s", path, ms, answer.body())
        .isEqualTo(status);
    return ms;
  }

  /** It wakes and says what the real one says. */
  private static void assertAnyGoesOn(Cluster cluster) throws Exception {
    String expected = turn(cluster, MODEL);
    for (int number : new int[] {0, PARKED / 2, PARKED - 1}) {
      String name = ParkedSessions.name(number);
      JsonNode parked = JSON.readTree(get(cluster, "/sessions/" + name).body());
      assertThat(parked.path("next_turn").asInt()).as(name).isEqualTo(1);
      long began = System.nanoTime();
      assertThat(turn(cluster, name)).as(name).isEqualTo(expected);
      System.out.printf("%s woke and has said 8 tokens within %,d ms%n", name, millisSince(began));
      JsonNode woken = JSON.readTree(get(cluster, "/sessions/" + name).body());
      assertThat(woken.path("next_turn").asInt()).as(name).isEqualTo(2);
    }
  }

  private static void assertListed(Cluster cluster) throws Exception {
    String after = "parked";
    for (int page = 0; page < PAGES; page++) {
      JsonNode list =
          JSON.readTree(get(cluster, "/sessions?limit=%d&after=%s".formatted(PAGE, after)).body());
      assertThat(list.path("data")).hasSize(PAGE);
      assertThat(list.path("has_more").asBoolean()).isTrue();
      for (JsonNode session : list.path("data")) {
        assertThat(session.path("id").asText()).isGreaterThan(after);
        after = session.path("id").asText();
      }
    }
  }

  private static HttpResponse<String> get(Cluster cluster, String path) throws Exception {
    URI address = URI.create(cluster.apis().getFirst() + path);
    return CLIENT.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString());
  }

  /** A short turn of a session; what it says. */
  private static String turn(Cluster cluster, String session) throws Exception {
    String body =
        JSON.createObjectNode()
            .put("model", "skein-demo-9m")
            .put("session", session)
            .put("prompt", "Once upon a time")
            .put("seed", 7)
            .put("max_tokens", 8)
            .toString();
    HttpResponse<String> answer =
        CLIENT.send(
            HttpRequest.newBuilder(URI.create(cluster.apis().getFirst() + "/completions"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body()).at("/choices/0/text").asText();
  }

  private static void print(Cluster cluster, String when) {
    cluster.workers().forEach(worker -> print(worker, when));
    cluster.routers().forEach(router -> print(router, when));
  }

  private static void print(Node node, String when) {
    System.out.printf(
        "%s %s parked: %d MB resident, %.1f MB of live objects, processor time %,d ms%n",
        node.name(),
        when,
        node.residentBytes() >> 20,
        node.liveBytes() / (double) (1 << 20),
        node.processorTime().toMillis());
  }

  private static void timed(String what, Runnable work) {
    long began = System.nanoTime();
    work.run();
    System.out.printf("%s: %,d ms%n", what, millisSince(began));
  }

  private static long millisSince(long beganNanos) {
    return (System.nanoTime() - beganNanos) / 1_000_000;
  }

  private static long median(List<Long> values) {
    return values.stream().sorted().toList().get((values.size() - 1) / 2);
  }
}
