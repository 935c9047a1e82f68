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

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two workers of two pools in one cluster, and one router before both: each pool has its own shards
 * on its own topics, one address serves the models and sessions of both, and the death of one
 * pool's worker is nothing to the other.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class TwoPoolsTest {
  @TempDir static Path folder;
  private static final Map<String, Node> workers = new HashMap<>();
  private static TwoPools pools;

  @BeforeAll
  static void start() {
    pools = TwoPools.start(folder);
    NAMES.forEach(pool -> workers.put(pool, worker(pool)));
    pools.startRouter();
    pools.awaitReady();
    NAMES.forEach(TwoPoolsTest::awaitShards);
  }

  private static Node worker(String pool) {
    return pools.worker("worker-" + pool, List.of(pool));
  }

  private static Node workerOf(String pool) {
    return Objects.requireNonNull(workers.get(pool));
  }

  private static void awaitShards(String pool) {
    Node worker = workerOf(pool);
    await().atMost(60, SECONDS).until(() -> worker.metric("skein_shards_owned") == SHARDS);
  }

  @AfterAll
  static void stop() {
    pools.close();
  }

  @Test
  void oneAddressServesTheModelsAndSessionsOfBoth() throws Exception {
    assertThat(pools.show("/models").path("data").findValuesAsText("pool"))
        .containsExactly("larks", "owls");
    ownShards();
    List<String> stories = new ArrayList<>();
    for (String pool : NAMES) {
      String model = model(pool);
      JsonNode first = pools.answer(body(model, "of-" + pool, "Tell me of a fox."));
      assertThat(first.path("model").asText()).isEqualTo(model);
      JsonNode second = pools.answer(body("What did it eat?").put("session", "of-" + pool));
      assertThat(second.path("model").asText()).as("its session's").isEqualTo(model);
      stories.add(said(first) + "|" + said(second));
    }
    assertThat(stories.getFirst()).isEqualTo(stories.getLast()).hasSizeGreaterThan(20);
    assertThat(said(pools.answer(body("Tell me of a fox.")))).isNotEmpty();

    JsonNode list = pools.show("/sessions?after=of-&limit=2");
    assertThat(list.path("data").findValuesAsText("id")).containsExactly("of-larks", "of-owls");
    assertThat(list.path("data").findValuesAsText("pool")).containsExactly("larks", "owls");
    assertThat(pools.show("/sessions/of-larks/transcript").path("data")).hasSize(2);

    resume();

    pools.answered(pools.at("/sessions/of-larks").DELETE());
    assertThat(pools.send(pools.at("/sessions/of-larks")).statusCode()).isEqualTo(404);
    assertThat(pools.show("/sessions/of-owls").path("next_turn").asInt()).isEqualTo(2);
  }

  private static void ownShards() {
    Map<String, HashSet<String>> owners = new HashMap<>();
    for (String pool : NAMES) {
      Map<Integer, String> records = pools.owners(pool);
      assertThat(records).hasSize(SHARDS);
      owners.put(pool, new HashSet<>(records.values()));
    }
    assertThat(owners.get("owls")).hasSize(1).doesNotContainAnyElementsOf(owners.get("larks"));
  }

  /** From any event on, with the id that the event has, and with the one that it had before. */
  private static void resume() throws Exception {
    ObjectNode body = body("lark", "resumed", "Tell me of a goose.").put("stream", true);
    HttpResponse<String> whole = pools.send(pools.chat(body));
    String key = whole.headers().firstValue("x-request-id").orElseThrow();
    List<String> events =
        Arrays.stream(whole.body().split("\n\n")).filter(e -> e.startsWith("id: ")).toList();
    assertThat(events).hasSizeGreaterThan(8);
    String id = events.get(5).substring("id: ".length(), events.get(5).indexOf('\n'));
    assertThat(id).endsWith("@larks");
    for (String known : List.of(id, id.replace("@larks", ""))) {
      HttpResponse<String> rest =
          pools.send(
              pools.chat(body).header("Idempotency-Key", key).header("Last-Event-ID", known));
      assertThat(rest.body().split("\n\n"))
          .filteredOn(e -> e.startsWith("id: "))
          .extracting(e -> e.substring(0, e.indexOf('\n')))
          .containsExactlyElementsOf(
              events.subList(6, events.size()).stream()
                  .map(e -> e.substring(0, e.indexOf('\n')))
                  .toList());
    }
  }

  /** Takes longer than a router waits for a worker's first sign. */
  @Tag("full")
  @Test
  void theDeathOfOnePoolIsNothingToTheOther() throws Exception {
    ObjectNode story = body("lark", "outlives", "Tell me of a bear.");
    String beginning = said(pools.answer(story));
    assertThat(beginning).isNotEmpty();
    ObjectNode stream = body("owl", "long", "Tell me a long story.").put("stream", true);
    stream.put("max_tokens", 400).put("ignore_eos", true);
    CompletableFuture<HttpResponse<String>> streamed = pools.begin(pools.chat(stream));

    assertThat(workerOf("larks").kill()).isEqualTo(137);

    CompletableFuture<HttpResponse<String>> refused = pools.begin(pools.chat(story));
    int owls = 0;
    while (!refused.isDone()) {
      assertThat(said(pools.answer(body("owl", "goes-on", "Go on.")))).isNotEmpty();
      owls++;
    }
    assertThat(owls).as("turns of the other pool meanwhile").isGreaterThan(5);
    assertThat(streamed.get(60, SECONDS).body()).endsWith("data: [DONE]\n\n");
    JsonNode error = JSON.readTree(refused.get().body()).path("error");
    assertThat(refused.get().statusCode()).as(error.toString()).isEqualTo(503);
    assertThat(error.path("code").asText()).isEqualTo("unavailable");
    assertThat(error.path("message").asText()).isEqualTo("No worker answers.");

    workers.put("larks", worker("larks").awaitReady());
    awaitShards("larks");
    JsonNode next = pools.answer(body("And then?").put("session", "outlives"));
    assertThat(next.path("model").asText()).isEqualTo("lark");
    assertThat(pools.show("/sessions/outlives").path("next_turn").asInt()).isEqualTo(3);
  }
}
