package dev.skein.system.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.proto.Topics;
import dev.skein.system.BackgroundThreads;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients that send their whole conversation every time, to whichever router, while two workers
 * share the shards: what was read once is not read again, as the engines' own counters say.
 */
class StatelessClientsTest {
  /** Tokens between two places at which a state is kept; from 1,024 on there are fewer. */
  private static final int CHUNK = 64;

  private static final int CHUNK_OF_LONG = 128;
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir static Path folder;
  private static Cluster cluster;
  private static HttpClient http;
  private static int asked;

  @BeforeAll
  static void start() {
    cluster = Cluster.start(folder, new Cluster.Shape(1, 2, 2, 0));
    awaitShares();
    http = HttpClient.newHttpClient();
  }

  /** Until the worker that came second has its share: what moves leaves its cache behind. */
  private static void awaitShares() {
    int share = Topics.DEFAULT_SHARDS / 2;
    await()
        .atMost(60, SECONDS)
        .until(() ->
            cluster.workers().stream()
                .allMatch(worker -> cluster.shardsOf(worker).size() == share));
  }

  @AfterAll
  static void stop() {
    http.close();
    cluster.close();
  }

  private static ObjectNode body() {
    return JSON.createObjectNode()
        .put("model", "skein-demo-9m")
        .put("temperature", 1)
        .put("seed", 11)
        .put("max_tokens", 12);
  }

  private static JsonNode post(String path, ObjectNode body) throws Exception {
    List<String> apis = cluster.apis();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(apis.get(asked++ % apis.size()) + path))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body.toString()))
            .build();
    HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  private static long read() {
    return (long)
        cluster.workers().stream()
            .mapToDouble(worker -> worker.metric("skein_engine_prompt_tokens_total"))
            .sum();
  }

  private static int cached(JsonNode answer) {
    return answer.at("/usage/prompt_tokens_details/cached_tokens").asInt(-1);
  }

  private static int prompt(JsonNode answer) {
    return answer.at("/usage/prompt_tokens").asInt(-1);
  }

  private static String words(int count, String word) {
    return (word + " ").repeat(count).strip();
  }

  @Test
  void aWorkersEngineIsServedInTheBackground() throws Exception {
    for (Node worker : cluster.workers()) {
      BackgroundThreads.check(worker.pid(), "skein-pekko", "shard-", "kafka-producer");
    }
  }

  @Test
  void aHistoryThatIsSentAgainIsNotReadAgain() throws Exception {
    ObjectNode body = body();
    ArrayNode messages = body.putArray("messages");
    int before = 0;
    for (int turn = 0; turn < 6; turn++) {
      String said = turn + words(30, " and the fox saw a bird");
      messages.addObject().put("role", "user").put("content", said);
      long read = read();
      JsonNode answer = post("/chat/completions", body);
      assertThat(read() - read)
          .as("turn %d: usage tells the truth", turn)
          .isEqualTo(prompt(answer) - cached(answer));
      // The last token or two of a prompt may become another one when the text goes on.
      int chunk = before > 1_024 ? CHUNK_OF_LONG : CHUNK;
      assertThat(cached(answer)).as("turn %d", turn).isGreaterThan(before - 2 - chunk);
      before = prompt(answer);
      String content = answer.at("/choices/0/message/content").asText();
      messages.addObject().put("role", "assistant").put("content", content);
    }
    assertThat(before).as("there was something to save").isGreaterThan(6 * CHUNK);
  }

  @Test
  void whoWantsNoCacheIsReadWholeAndLeavesNothing() throws Exception {
    ObjectNode body = body().put("prompt", words(60, "nobody else has ever said this"));
    long read = read();
    JsonNode alone = post("/completions", body.put("no_cache", true));
    JsonNode first = post("/completions", body.put("no_cache", false));
    assertThat(cached(alone)).isZero();
    assertThat(cached(first)).as("nothing was left").isZero();
    assertThat(cached(post("/completions", body))).isGreaterThan(CHUNK);
    assertThat(cached(post("/completions", body.put("no_cache", true)))).isZero();
    assertThat(read() - read).isGreaterThan(3L * prompt(alone));
    assertThat(first.at("/choices/0/text")).isEqualTo(alone.at("/choices/0/text"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 63, 64, 65})
  void whatIsKnownGivesTheBitsOfWhatIsRead(int beyond) throws Exception {
    ObjectNode body = body().put("logprobs", 5);
    ArrayNode ids = body.putArray("prompt");
    for (int i = 0; i < 3 * CHUNK + beyond; i++) {
      ids.add(300 + (beyond + 1) * (i + 7) % 400);
    }
    long read = read();
    JsonNode cold = post("/completions", body);
    JsonNode hit = post("/completions", body);
    assertThat(cached(cold)).isZero();
    int places = (ids.size() - 1) / CHUNK;
    assertThat(cached(hit)).isEqualTo(places * CHUNK);
    assertThat(hit.path("choices")).isEqualTo(cold.path("choices"));
    assertThat(hit.at("/choices/0/logprobs/token_logprobs")).isNotEmpty();
    assertThat(read() - read).isEqualTo(2L * ids.size() - (long) places * CHUNK);
  }

  @Test
  void aLongBeginningOfManyCostsItsTokensOnce() throws Exception {
    String system = words(500, "You are a goose, be kind");
    JsonNode first = post("/chat/completions", chat(system, "Who are you?"));
    assertThat(prompt(first)).isGreaterThan(2_000);
    assertThat(cached(first)).isZero();
    for (String said : List.of("What do you eat?", "Where do you live?", "Can you fly far?")) {
      long read = read();
      JsonNode next = post("/chat/completions", chat(system, said));
      assertThat(read() - read)
          .isEqualTo(prompt(next) - cached(next))
          .isLessThan(2 * CHUNK_OF_LONG);
    }
  }

  private static ObjectNode chat(String system, String said) {
    ObjectNode body = body().put("prompt_cache_key", "goose");
    ArrayNode messages = body.putArray("messages");
    messages.addObject().put("role", "system").put("content", system);
    messages.addObject().put("role", "user").put("content", said);
    return body;
  }
}
