package dev.skein.system.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.cli.kafka.LoopbackPort;
import dev.skein.cli.kafka.ShardOwners;
import dev.skein.proto.Topics;
import dev.skein.system.Checkout;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
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
  private static final List<String> POOLS = List.of("owls", "larks");
  private static final int SHARDS = 4;
  private static final JsonMapper JSON = new JsonMapper();
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @TempDir static Path folder;
  private static final List<Node> nodes = new ArrayList<>();
  private static final Map<String, Node> workers = new HashMap<>();
  private static String kafka;
  private static String api;

  @BeforeAll
  static void start() {
    String listener = "127.0.0.1:" + LoopbackPort.free();
    run("broker", Cluster.LIGHT_JVM, "broker", "--bind", listener, "--data", "" + folder);
    nodes.forEach(Node::awaitReady);
    kafka = listener;
    for (String pool : POOLS) {
      workers.put(pool, worker(pool));
    }
    List<String> router = new ArrayList<>(List.of("router", "--kafka", kafka, "--http"));
    String http = "127.0.0.1:" + LoopbackPort.free();
    router.add(http);
    POOLS.forEach(pool -> router.addAll(List.of("--pool", pool)));
    run("router", Cluster.LIGHT_JVM, router.toArray(String[]::new));
    nodes.forEach(Node::awaitReady);
    api = "http://" + http + "/v1";
    POOLS.forEach(TwoPoolsTest::awaitShards);
  }

  /** Its model is named like the pool, but for the plural. */
  private static Node worker(String pool) {
    Path model = Checkout.root().resolve("ops/models/skein-demo-9m");
    return run(
        "worker-" + pool,
        Cluster.workerJvm(),
        "worker",
        "--kafka",
        kafka,
        "--pool",
        pool,
        "--model",
        model(pool) + "=" + model,
        "--threads",
        "1",
        "--shards",
        Integer.toString(SHARDS));
  }

  private static String model(String pool) {
    return pool.substring(0, pool.length() - 1);
  }

  private static Node workerOf(String pool) {
    return Objects.requireNonNull(workers.get(pool));
  }

  private static void awaitShards(String pool) {
    Node worker = workerOf(pool);
    await().atMost(60, SECONDS).until(() -> worker.metric("skein_shards_owned") == SHARDS);
  }

  private static Node run(String name, String jvm, String... arguments) {
    Node node = Node.start(folder, name, jvm, List.of(arguments));
    nodes.add(node);
    return node;
  }

  @AfterAll
  static void stop() {
    nodes.reversed().forEach(Node::close);
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return CLIENT.send(request.build(), BodyHandlers.ofString());
  }

  private static JsonNode answered(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> answer = send(request);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  private static HttpRequest.Builder at(String path) {
    return HttpRequest.newBuilder(URI.create(api + path));
  }

  private static HttpRequest.Builder chat(ObjectNode body) {
    return at("/chat/completions")
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body.toString()));
  }

  private static ObjectNode body(String words) {
    ObjectNode body = JSON.createObjectNode().put("seed", 5).put("max_tokens", 16);
    body.putArray("messages").addObject().put("role", "user").put("content", words);
    return body;
  }

  private static ObjectNode body(String model, String session, String words) {
    return body(words).put("model", model).put("session", session);
  }

  private static String said(JsonNode answer) {
    return answer.at("/choices/0/message/content").asText();
  }

  @Test
  void oneAddressServesTheModelsAndSessionsOfBoth() throws Exception {
    assertThat(answered(at("/models")).path("data").findValuesAsText("pool"))
        .containsExactly("larks", "owls");
    ownShards();
    List<String> stories = new ArrayList<>();
    for (String pool : POOLS) {
      String model = model(pool);
      JsonNode first = answered(chat(body(model, "of-" + pool, "Tell me of a fox.")));
      assertThat(first.path("model").asText()).isEqualTo(model);
      JsonNode second = answered(chat(body("What did it eat?").put("session", "of-" + pool)));
      assertThat(second.path("model").asText()).as("its session's").isEqualTo(model);
      stories.add(said(first) + "|" + said(second));
    }
    assertThat(stories.getFirst()).isEqualTo(stories.getLast()).hasSizeGreaterThan(20);
    assertThat(said(answered(chat(body("Tell me of a fox."))))).isNotEmpty();

    JsonNode list = answered(at("/sessions?after=of-&limit=2"));
    assertThat(list.path("data").findValuesAsText("id")).containsExactly("of-larks", "of-owls");
    assertThat(list.path("data").findValuesAsText("pool")).containsExactly("larks", "owls");
    assertThat(answered(at("/sessions/of-larks/transcript")).path("data")).hasSize(2);

    resume();

    answered(at("/sessions/of-larks").DELETE());
    assertThat(send(at("/sessions/of-larks")).statusCode()).isEqualTo(404);
    assertThat(answered(at("/sessions/of-owls")).path("next_turn").asInt()).isEqualTo(2);
  }

  private static void ownShards() {
    Map<String, HashSet<String>> owners = new HashMap<>();
    for (String pool : POOLS) {
      try (ShardOwners records = new ShardOwners(kafka, new Topics(pool))) {
        assertThat(records.all()).hasSize(SHARDS);
        owners.put(pool, new HashSet<>(records.all().values()));
      }
    }
    assertThat(owners.get("owls")).hasSize(1).doesNotContainAnyElementsOf(owners.get("larks"));
  }

  /** From any event on, with the id that the event has, and with the one that it had before. */
  private static void resume() throws Exception {
    ObjectNode body = body("lark", "resumed", "Tell me of a goose.").put("stream", true);
    HttpResponse<String> whole = send(chat(body));
    String key = whole.headers().firstValue("x-request-id").orElseThrow();
    List<String> events =
        Arrays.stream(whole.body().split("\n\n")).filter(e -> e.startsWith("id: ")).toList();
    assertThat(events).hasSizeGreaterThan(8);
    String id = events.get(5).substring("id: ".length(), events.get(5).indexOf('\n'));
    assertThat(id).endsWith("@larks");
    for (String known : List.of(id, id.replace("@larks", ""))) {
      HttpResponse<String> rest =
          send(chat(body).header("Idempotency-Key", key).header("Last-Event-ID", known));
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
    String beginning = said(answered(chat(story)));
    assertThat(beginning).isNotEmpty();
    ObjectNode stream = body("owl", "long", "Tell me a long story.").put("stream", true);
    stream.put("max_tokens", 400).put("ignore_eos", true);
    CompletableFuture<HttpResponse<String>> streamed =
        CLIENT.sendAsync(chat(stream).build(), BodyHandlers.ofString());

    assertThat(workerOf("larks").kill()).isEqualTo(137);

    CompletableFuture<HttpResponse<String>> refused =
        CLIENT.sendAsync(chat(story).build(), BodyHandlers.ofString());
    int owls = 0;
    while (!refused.isDone()) {
      assertThat(said(answered(chat(body("owl", "goes-on", "Go on."))))).isNotEmpty();
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
    JsonNode next = answered(chat(body("And then?").put("session", "outlives")));
    assertThat(next.path("model").asText()).isEqualTo("lark");
    assertThat(answered(at("/sessions/outlives")).path("next_turn").asInt()).isEqualTo(3);
  }
}
