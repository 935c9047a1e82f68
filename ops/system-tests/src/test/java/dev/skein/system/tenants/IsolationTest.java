package dev.skein.system.tenants;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.system.EngineCounters;
import dev.skein.system.UpProcess;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever a tenant asks for of another's is answered as if it had never been. Each operation of
 * the API's document is called with names that the other tenant gave and with names that nobody
 * gave.
 */
@Tag("full")
class IsolationTest {
  private static final String WORDS = "Tell me a story about a fox.";

  @TempDir static Path folder;
  private static HttpClient http;
  private static UpProcess up;
  private static Tenant acme;
  private static Tenant birds;

  @BeforeAll
  static void start() throws Exception {
    http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    Path keys = folder.resolve("keys");
    String lines = "";
    for (String name : List.of("acme", "birds")) {
      lines += Tenant.lines(name);
    }
    Files.writeString(keys, lines);
    up = UpProcess.start(folder.resolve("data"), "--api-keys", keys.toString());
    acme = new Tenant("acme", http, up);
    birds = new Tenant("birds", http, up);
  }

  @AfterAll
  static void stop() {
    up.close();
    http.close();
  }

  /**
   * A call of an operation.
   *
   * @param operation its id in the API's document
   * @param status of the answer that is right where the names say nothing to the caller
   */
  private record Probe(
      String operation, int status, Function<Names, HttpRequest.Builder> request) {}

  /** Calls that make or change nothing where the names are unknown, and such that do. */
  private static List<Probe> probes(byte[] sessionFile) {
    List<Probe> all = new ArrayList<>();
    reads(all);
    changes(all, sessionFile);
    turns(all);
    return all;
  }

  private static void reads(List<Probe> all) {
    all.add(new Probe("about", 200, n -> birds.to("/?session=" + n.session())));
    all.add(new Probe("openapi", 200, n -> birds.to("/openapi.json?id=" + n.response())));
    all.add(new Probe("listModels", 200, n -> birds.to("/v1/models?session=" + n.session())));
    all.add(new Probe("showModel", 404, n -> birds.to("/v1/models/" + n.session())));
    all.add(new Probe("showSession", 404, n -> birds.to("/v1/sessions/" + n.session())));
    all.add(new Probe("showSession", 404, n -> birds.to("/v1/sessions/@acme%2F" + n.session())));
    all.add(
        new Probe("showTranscript", 404, n -> birds.to(of(n.session(), "transcript?tokens=true"))));
    all.add(new Probe("exportSession", 404, n -> birds.to(of(n.session(), "export"))));
    all.add(new Probe("getResponse", 200, n -> birds.to("/v1/responses/" + n.response())));
    all.add(
        new Probe(
            "getResponse", 503, n -> birds.to("/v1/responses/" + n.response() + "?stream=true")));
    all.add(
        new Probe(
            "listInputItems",
            404,
            n -> birds.to("/v1/responses/" + n.response() + "/input_items")));
    all.add(
        new Probe("deleteResponse", 404, n -> birds.to("/v1/responses/" + n.response()).DELETE()));
    all.add(
        new Probe(
            "cancelResponse",
            200,
            n ->
                birds
                    .to("/v1/responses/" + n.response() + "/cancel")
                    .POST(BodyPublishers.noBody())));
  }

  private static void changes(List<Probe> all, byte[] sessionFile) {
    ObjectNode body = Tenant.JSON.createObjectNode().put("turn", 0).put("session", "loot");
    all.add(new Probe("forkSession", 404, n -> birds.post(of(n.session(), "fork"), body)));
    all.add(new Probe("rewindSession", 404, n -> birds.post(of(n.session(), "rewind"), body)));
    all.add(new Probe("deleteSession", 404, n -> birds.to("/v1/sessions/" + n.session()).DELETE()));
    all.add(
        new Probe(
            "deleteSession",
            404,
            n ->
                birds
                    .to("/v1/sessions/" + n.session())
                    .header("Idempotency-Key", n.request())
                    .DELETE()));
    all.add(
        new Probe(
            "importSession",
            200,
            n ->
                birds
                    .to("/v1/sessions/import?session=" + n.session())
                    .POST(BodyPublishers.ofByteArray(sessionFile))));
    all.add(
        new Probe(
            "forkSession",
            200,
            n ->
                birds.post(
                    of("own", "fork"),
                    Tenant.JSON.createObjectNode().put("session", n.session()))));
  }

  private static void turns(List<Probe> all) {
    String chat = "/v1/chat/completions";
    String op = "createChatCompletion";
    all.add(
        new Probe(op, 200, n -> birds.post(chat, Tenant.chat(WORDS).put("session", n.session()))));
    all.add(
        new Probe(
            op,
            200,
            n ->
                birds.post(
                    chat,
                    Tenant.chat(WORDS)
                        .put("session", n.session())
                        .put("request_id", n.request()))));
    all.add(
        new Probe(
            op,
            200,
            n -> birds.post(chat, Tenant.chat(WORDS)).header("Idempotency-Key", n.request())));
    all.add(
        new Probe(
            op,
            200,
            n ->
                birds
                    .post(chat, Tenant.chat(WORDS).put("user", n.request()))
                    .header("x-stainless-retry-count", "1")));
    all.add(
        new Probe(
            op,
            503,
            n ->
                birds
                    .post(chat, Tenant.chat(WORDS).put("session", n.session()).put("stream", true))
                    .header("Idempotency-Key", n.request())
                    .header("Last-Event-ID", "0.0.1.0")));
    all.add(
        new Probe(
            "createCompletion",
            200,
            n ->
                birds
                    .post("/v1/completions", prompt(WORDS))
                    .header("Skein-Session", n.session())
                    .header("Idempotency-Key", n.request())));
    all.add(
        new Probe(
            "createEmbeddings",
            200,
            n ->
                birds
                    .post("/v1/embeddings", Tenant.JSON.createObjectNode().put("input", WORDS))
                    .header("Skein-Session", n.session())
                    .header("Idempotency-Key", n.request())));
    all.add(
        new Probe(
            "createResponse",
            200,
            n -> birds.post("/v1/responses", asked().put("session", n.session()))));
    all.add(
        new Probe(
            "createResponse",
            400,
            n -> birds.post("/v1/responses", asked().put("previous_response_id", n.response()))));
    all.add(
        new Probe(
            "countInputTokens",
            400,
            n -> birds.post("/v1/responses/input_tokens", asked().put("session", n.session()))));
  }

  private static String of(String session, String part) {
    return "/v1/sessions/" + session + "/" + part;
  }

  private static ObjectNode prompt(String text) {
    return Tenant.JSON
        .createObjectNode()
        .put("prompt", text)
        .put("max_tokens", 6)
        .put("temperature", 0);
  }

  private static ObjectNode asked() {
    ObjectNode body = Tenant.JSON.createObjectNode().put("input", WORDS);
    return body.put("max_output_tokens", 6).put("temperature", 0);
  }

  @Test
  void whatAnotherTenantHasIsAsIfItHadNeverBeen() throws Exception {
    birds.good(birds.post("/v1/chat/completions", Tenant.chat(WORDS).put("session", "own")));
    List<Probe> probes = probes(birds.file("/v1/sessions/own/export"));
    assertThat(probes.stream().map(Probe::operation))
        .as("every operation of the document but the list of sessions, which is looked at below")
        .containsAll(operations());
    List<Names> given = new ArrayList<>();
    for (int i = 0; i < probes.size(); i++) {
      given.add(Names.leave(acme, i));
    }
    List<String> before = belongings(given);
    for (Names names : given) {
      String after = "/v1/sessions?limit=1000&after=";
      JsonNode list = birds.get(after + names.session());
      assertThat(list).isEqualTo(birds.get(after + names.neverGiven().session()));
      assertThat(birds.get(after + "").path("data")).hasSize(1);
    }
    List<CompletableFuture<Void>> done = new ArrayList<>();
    for (int i = 0; i < probes.size(); i++) {
      if (!readsFile(probes.get(i))) {
        done.add(compare(probes.get(i), given.get(i)));
      }
    }
    for (int i = 0; i < probes.size(); i++) {
      if (readsFile(probes.get(i))) {
        compare(probes.get(i), given.get(i)).get(90, SECONDS);
      }
    }
    for (CompletableFuture<Void> one : done) {
      one.get(90, SECONDS);
    }
    assertThat(belongings(given)).as("nothing was changed").isEqualTo(before);
  }

  /** A router reads or writes few session files at a time. */
  private static boolean readsFile(Probe probe) {
    return probe.operation().matches("(ex|im)portSession");
  }

  private static List<String> operations() throws Exception {
    TreeSet<String> ids = new TreeSet<>(birds.get("/openapi.json").findValuesAsText("operationId"));
    ids.remove("listSessions");
    return List.copyOf(ids);
  }

  private static CompletableFuture<Void> compare(Probe probe, Names given) {
    Names never = given.neverGiven();
    return send(probe.request().apply(given))
        .thenCombine(
            send(probe.request().apply(never)),
            (theirs, nobodys) -> {
              String what = probe.operation() + " of " + given + ": " + theirs.body();
              assertThat(theirs.statusCode()).as(what).isEqualTo(probe.status());
              assertThat(nobodys.statusCode()).as(what).isEqualTo(probe.status());
              assertThat(given.hiddenIn(theirs.body()))
                  .as(what)
                  .isEqualTo(never.hiddenIn(nobodys.body()));
              assertThat(given.hiddenIn(headers(theirs)))
                  .as(what)
                  .isEqualTo(never.hiddenIn(headers(nobodys)));
              return null;
            });
  }

  private static CompletableFuture<HttpResponse<String>> send(HttpRequest.Builder request) {
    return http.sendAsync(request.build(), BodyHandlers.ofString());
  }

  private static String headers(HttpResponse<String> answer) {
    TreeSet<String> names = new TreeSet<>(answer.headers().map().keySet());
    names.removeAll(List.of("date", "x-request-id", "content-length"));
    StringBuilder text = new StringBuilder();
    names.forEach(name -> text.append(name).append(answer.headers().allValues(name)));
    return text.toString();
  }

  /** All that a tenant sees of what they left. */
  private static List<String> belongings(List<Names> given) throws Exception {
    List<CompletableFuture<HttpResponse<String>>> responses =
        given.stream().map(names -> send(acme.to("/v1/responses/" + names.response()))).toList();
    List<String> all = new ArrayList<>();
    all.add(acme.get("/v1/sessions?limit=1000").toString());
    for (Names names : given) {
      all.add(acme.get("/v1/sessions/" + names.session()).toString());
      all.add(acme.get(of(names.session(), "transcript")).toString());
      all.add(Integer.toString(Arrays.hashCode(acme.file(of(names.session(), "export")))));
    }
    for (CompletableFuture<HttpResponse<String>> response : responses) {
      all.add(response.get(60, SECONDS).body());
    }
    return all;
  }

  @Test
  void nobodyElseEndsAResponse() throws Exception {
    ObjectNode body = asked().put("max_output_tokens", 100_000).put("background", true);
    ObjectNode format = body.putObject("text").putObject("format").put("type", "json_schema");
    ObjectNode numbers = format.put("name", "numbers").putObject("schema").put("type", "array");
    numbers
        .put("minItems", 1_000)
        .putObject("items")
        .put("type", "integer")
        .put("minimum", 100_000_000);
    String path =
        "/v1/responses/" + acme.good(acme.post("/v1/responses", body)).path("id").asText();
    HttpRequest.Builder theirs = birds.to(path + "/cancel").POST(BodyPublishers.noBody());
    assertThat(birds.good(theirs).path("output")).isEmpty();
    assertThat(acme.get(path).path("status").asText()).isEqualTo("in_progress");
    HttpRequest.Builder own = acme.to(path + "/cancel").POST(BodyPublishers.noBody());
    assertThat(acme.good(own).path("status").asText()).isEqualTo("cancelled");
  }

  @Test
  void nobodyElsesPromptIsKnown() throws Exception {
    ObjectNode body = prompt("").put("max_tokens", 1);
    ArrayNode ids = body.putArray("prompt");
    for (int i = 0; i < 300; i++) {
      ids.add(100 + i * i % 400);
    }
    assertThat(cached(acme, body)).isZero();
    assertThat(cached(acme, body)).isEqualTo(256);
    long before = EngineCounters.promptTokens(up);
    assertThat(cached(birds, body)).isZero();
    assertThat(EngineCounters.promptTokens(up) - before).isEqualTo(300);
    assertThat(cached(birds, body)).isEqualTo(256);
  }

  private static int cached(Tenant tenant, ObjectNode body) throws Exception {
    JsonNode answer = tenant.good(tenant.post("/v1/completions", body));
    return answer.at("/usage/prompt_tokens_details/cached_tokens").asInt(-1);
  }
}
