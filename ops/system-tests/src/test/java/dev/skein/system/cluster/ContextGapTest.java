package dev.skein.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.bench.GapPlot;
import dev.skein.bench.GapPlot.Kills;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A stream whose worker is killed goes on as soon after a hundred thousand tokens of context as
 * after a hundred.
 */
@Tag("full")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ContextGapTest {
  private static final int KILLS = 3;
  private static final int TOKENS = 100;
  private static final List<Integer> CONTEXTS = List.of(100, 1_000, 10_000, 100_000);

  /** Where it is drawn. */
  private static final Path PLOT = Path.of("target/context-gap.svg");

  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final long NOISE_MS = 1_500;
  private static final String CIRCUMSTANCES =
      "%d kills each, three workers of 20 steps a second, one broker, one router".formatted(KILLS);

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @TempDir Path folder;

  @Test
  void theGapDoesNotDependOnTheContext() throws Exception {
    Assumptions.assumeTrue(NpmTranscript.isInstalled(), "the npm client openai is not installed");
    Map<Integer, List<Long>> gaps = new TreeMap<>();
    try (Cluster cluster = Cluster.start(folder, new Cluster.Shape(1, 3, 1, 20));
        KcatTranscript kcat = KcatTranscript.start(cluster.kafka(), folder);
        NpmTranscript npm = NpmTranscript.start(folder)) {
      read(kcat);
      for (int i = 0; i < KILLS; i++) {
        for (int context : CONTEXTS) {
          long gapMs = gapMs(cluster, npm, fork(cluster, session(context), i));
          gaps.computeIfAbsent(context, none -> new ArrayList<>()).add(gapMs);
        }
      }
    }
    List<Kills> kills = new ArrayList<>();
    gaps.forEach((context, each) -> kills.add(new Kills(context, each)));
    kills.forEach(all ->
        System.out.printf("gap after %,d tokens of context %s ms%n", all.context(), all.gapsMs()));
    Files.writeString(PLOT, new GapPlot(kills).svg(CIRCUMSTANCES));
    assertThat(kills)
        .extracting(Kills::medianMs)
        .allMatch(median -> median <= kills.getFirst().medianMs() + NOISE_MS);
  }

  private static String session(int context) {
    return "read-" + context;
  }

  /** Feeds as many tokens to sessions. */
  private static void read(KcatTranscript kcat) {
    CONTEXTS.forEach(context -> {
      String ids =
          new Random(context)
              .ints(context, 300, 3_000)
              .mapToObj(Integer::toString)
              .collect(Collectors.joining(","));
      kcat.produce(session(context), "{\"kind\":\"extend\",\"tokens\":[" + ids + "]}");
    });
    await(() -> {
      kcat.read();
      return CONTEXTS.stream().map(ContextGapTest::session).allMatch(kcat::ended);
    });
  }

  /** A session that has read what another one has. */
  private static String fork(Cluster cluster, String parent, int number) throws Exception {
    String child = parent + "-" + number;
    URI address = URI.create(cluster.apis().getFirst() + "/sessions/" + parent + "/fork");
    HttpResponse<String> made =
        CLIENT.send(
            HttpRequest.newBuilder(address)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{\"session\":\"" + child + "\"}"))
                .build(),
            BodyHandlers.ofString());
    assertThat(made.statusCode()).as(made.body()).isEqualTo(200);
    return child;
  }

  private static long gapMs(Cluster cluster, NpmTranscript npm, String session) {
    npm.request(session, Piece.some(1, TOKENS).getFirst(), cluster.apis());
    NpmTranscript.Stream stream = npm.of(session);
    await(() -> {
      npm.read();
      return stream.length() > TOKENS / 4;
    });
    Node owner = cluster.ownerOf(session);
    long sinceMs = System.currentTimeMillis();
    owner.kill();
    await(() -> {
      npm.read();
      return stream.done();
    });
    assertThat(stream.length()).isEqualTo(TOKENS + 1);
    cluster.replaceDead();
    cluster.awaitReady();
    return stream.gapMs(sinceMs);
  }

  private static void await(BooleanSupplier condition) {
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .until(condition::getAsBoolean);
  }
}
