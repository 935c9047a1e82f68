package dev.skein.system.cluster;

import static dev.skein.system.cluster.TwoPools.JSON;
import static dev.skein.system.cluster.TwoPools.NAMES;
import static dev.skein.system.cluster.TwoPools.SHARDS;
import static dev.skein.system.cluster.TwoPools.body;
import static dev.skein.system.cluster.TwoPools.model;
import static dev.skein.system.cluster.TwoPools.said;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.proto.Shards;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * One process serves two pools, beside a worker of each: what it runs of both goes on at the exact
 * token when it dies, and when it is drained.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class PooledWorkerTest {
  private static final String STORY = "Tell me a long story.";
  private static final int TOKENS = 240;

  @TempDir static Path folder;
  private static TwoPools pools;
  private static Node both;

  @BeforeAll
  static void start() {
    pools = TwoPools.start(folder);
    both = worker("both", NAMES);
    pools.startRouter();
    pools.awaitReady();
    awaitShards(SHARDS);
  }

  private static Node worker(String name, List<String> of) {
    return pools.worker(
        name,
        of,
        "--steps-per-second",
        "40",
        "--state-cache",
        "" + folder.resolve("cache-" + name));
  }

  private static void awaitShards(int each) {
    for (String pool : NAMES) {
      await(pool).atMost(60, SECONDS).until(() -> ofPool("skein_shards_owned", pool) == each);
    }
  }

  private static double ofPool(String metric, String pool) {
    return both.metric(metric + "{pool=\"" + pool + "\"}");
  }

  @AfterAll
  static void stop() {
    pools.close();
  }

  @Test
  void whatOneProcessRunsOfTwoPoolsOutlivesIt() throws Exception {
    assertThat(both.field("pool")).isEqualTo("owls,larks");
    assertThat(both.field("shards")).isEqualTo(SHARDS + "," + SHARDS);
    assertThat(both.field("model")).isEqualTo("owl,lark");
    shareNoBeginnings();
    String calm = said(pools.answer(story("owls", "calm")));
    assertThat(calm).hasSizeGreaterThan(TOKENS);
    assertThat(NAMES).allMatch(pool -> Files.isDirectory(folder.resolve("cache-both/" + pool)));

    NAMES.forEach(pool -> worker("worker-" + pool, List.of(pool)));
    pools.awaitReady();
    awaitShards(SHARDS / 2);
    goOn(calm, "killed", () -> assertThat(both.kill()).isEqualTo(137));

    both = worker("both", NAMES).awaitReady();
    awaitShards(SHARDS / 2);
    goOn(calm, "drained", () -> assertThat(both.stop()).isZero());
  }

  /** The pools have one engine, and a prompt that one has read is new to the other. */
  private static void shareNoBeginnings() throws Exception {
    String hits = "skein_prefix_cache_hits_total{model_name=\"owl,lark\",pool=\"owls,larks\"}";
    for (String pool : NAMES) {
      ObjectNode prompt = body(STORY.repeat(20)).put("model", model(pool));
      double before = both.metric(hits);
      pools.answer(prompt);
      assertThat(both.metric(hits)).as("new to the " + pool).isEqualTo(before);
      pools.answer(prompt);
      assertThat(both.metric(hits)).as("known to the " + pool).isGreaterThan(before);
    }
  }

  private static ObjectNode story(String pool, String session) {
    return body(model(pool), session, STORY).put("max_tokens", TOKENS).put("ignore_eos", true);
  }

  /** A story of each pool is told by the one process when something happens to it. */
  private static void goOn(String calm, String prefix, Runnable event) throws Exception {
    Set<String> shared = new HashSet<>(pools.owners(NAMES.getFirst()).values());
    shared.retainAll(pools.owners(NAMES.getLast()).values());
    assertThat(shared).as("the process that owns shards of both").hasSize(1);
    String address = shared.iterator().next();
    List<CompletableFuture<HttpResponse<String>>> streams = new ArrayList<>();
    for (String pool : NAMES) {
      ObjectNode story = story(pool, ownedBy(address, pool, prefix)).put("stream", true);
      streams.add(pools.begin(pools.chat(story)));
    }
    for (String pool : NAMES) {
      await(pool).atMost(30, SECONDS).until(() -> ofPool("skein_turns_running", pool) == 1);
    }
    double drawn = both.metric("skein_worker_generation_tokens_total");
    await()
        .atMost(30, SECONDS)
        .until(() -> both.metric("skein_worker_generation_tokens_total") > drawn + 20);
    assertThat(streams).as("under way").noneMatch(CompletableFuture::isDone);
    event.run();
    for (CompletableFuture<HttpResponse<String>> stream : streams) {
      assertThat(told(stream.get(90, SECONDS).body())).isEqualTo(calm);
    }
    for (String pool : NAMES) {
      assertThat(pools.owners(pool).values()).hasSize(SHARDS).doesNotContain(address);
    }
  }

  private static String ownedBy(String address, String pool, String prefix) {
    Map<Integer, String> owners = pools.owners(pool);
    return IntStream.range(0, 1_000)
        .mapToObj(i -> prefix + "-" + i)
        .filter(session -> address.equals(owners.get(Shards.of(session, SHARDS))))
        .findFirst()
        .orElseThrow();
  }

  private static String told(String stream) throws Exception {
    assertThat(stream).endsWith("data: [DONE]\n\n");
    StringBuilder told = new StringBuilder();
    for (String line : stream.lines().toList()) {
      if (line.startsWith("data: {")) {
        told.append(
            JSON.readTree(line.substring("data: ".length()))
                .at("/choices/0/delta/content")
                .asText());
      }
    }
    return told.toString();
  }
}
