package dev.skein.router;

import static dev.skein.router.RouterRig.CLIENT;
import static dev.skein.router.RouterRig.JSON;
import static dev.skein.router.RouterRig.assertError;
import static dev.skein.router.RouterRig.idOf;
import static dev.skein.router.RouterRig.json;
import static dev.skein.router.RouterRig.raw;
import static dev.skein.router.RouterRig.readUntil;
import static dev.skein.router.RouterRig.request;
import static dev.skein.router.RouterRig.send;
import static dev.skein.router.RouterRig.text;
import static dev.skein.router.RouterRig.uri;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.proto.Request;
import dev.skein.proto.Topics;
import dev.skein.router.openai.responses.ResponseId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** One router before two pools, the owls and the larks, which both know a twin. */
@ExtendWith(RouterRig.class)
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class RouterPoolsTest {
  private static final String BOTH = "store 400000";

  private static ScriptedWorker owls;
  private static ScriptedWorker larks;
  private static Router router;

  @BeforeAll
  static void start() throws Exception {
    owls = new ScriptedWorker(RouterRig.broker(), new Topics("owls"), "owl-1", "twin");
    larks = new ScriptedWorker(RouterRig.broker(), new Topics("larks"), "lark-1", "twin");
    router = router("owls", "larks");
    await().atMost(20, SECONDS).until(() -> router.models().contains("lark-1"));
  }

  private static Router router(String... pools) throws RouterException {
    Router started =
        Router.start(
            RouterRig.system(),
            RouterRig.options().withLimits(RouterRig.LIMITS).withPools(List.of(pools)),
            new SimpleMeterRegistry());
    await().atMost(20, SECONDS).until(started::ready);
    return started;
  }

  @AfterAll
  static void stop() throws Exception {
    router.close();
    larks.close();
    owls.close();
  }

  private static JsonNode answered(HttpResponse<String> answer) throws Exception {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  private static JsonNode asked(String model, String session, String prompt) throws Exception {
    String named = model.isEmpty() ? "" : "'model':'" + model + "',";
    String kept = session.isEmpty() ? "" : "'session':'" + session + "',";
    String body = "{" + named + kept + "'prompt':'" + prompt + "'}";
    return answered(send(request(router, "/v1/completions", body)));
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return send(HttpRequest.newBuilder(uri(router, path)));
  }

  private static List<Request> requests(ScriptedWorker worker, String session) {
    return worker.requests.stream()
        .map(RouterRig::read)
        .filter(r -> r.getSession().equals(session))
        .toList();
  }

  private static List<String> names(JsonNode list) {
    return list.path("data").findValuesAsText("id");
  }

  @Test
  void theModelsOfBothAreListedWithTheirPools() throws Exception {
    JsonNode models = answered(get("/v1/models")).path("data");
    assertThat(models.findValuesAsText("id")).containsExactly("lark-1", "owl-1", "twin");
    assertThat(models.findValuesAsText("pool")).containsExactly("larks", "owls", "owls");
    assertThat(answered(get("/v1/models/lark-1")).path("pool").asText()).isEqualTo("larks");
    assertThat(router.shards()).containsExactly(4, 4);
  }

  @Test
  void aRequestGoesToThePoolOfItsModel() throws Exception {
    assertThat(asked("lark-1", "goes", "count 2").path("model").asText()).isEqualTo("lark-1");
    assertThat(requests(larks, "goes")).hasSize(1);
    assertThat(asked("twin", "first", "count 2").path("model").asText()).isEqualTo("twin");
    assertThat(requests(owls, "first")).hasSize(1);
    assertThat(asked("", "", "count 2").path("model").asText()).isEqualTo("owl-1");
    assertThat(asked("", "unheard-of", "count 2").path("model").asText()).isEqualTo("owl-1");
    assertError(
        send(request(router, "/v1/completions", "{'model':'elsewhere','prompt':'count 1'}")),
        404,
        "invalid_request_error",
        "model_not_found",
        "model");
  }

  @Test
  void aSessionIsFoundWhereItIs() throws Exception {
    asked("twin", "at-owls", BOTH);
    asked("lark-1", "at-larks", BOTH);
    assertThat(asked("", "at-owls", "count 1").path("model").asText()).isEqualTo("twin");
    assertThat(asked("", "at-larks", "count 1").path("model").asText()).isEqualTo("lark-1");
    assertThat(requests(larks, "at-larks")).extracting(Request::getModel).containsOnly("lark-1");
    assertThat(requests(owls, "at-larks")).isEmpty();
    JsonNode page = answered(get("/v1/sessions?limit=2&after=at-"));
    assertThat(names(page)).containsExactly("at-larks", "at-owls");
    assertThat(page.path("data").findValuesAsText("pool")).containsExactly("larks", "owls");
    assertThat(names(answered(get("/v1/sessions?pool=larks&after=at-")))).doesNotContain("at-owls");
    JsonNode shown = answered(get("/v1/sessions/at-larks"));
    assertThat(shown.path("pool").asText()).isEqualTo("larks");
    assertThat(shown.path("model").asText()).isEqualTo("lark-1");
    assertThat(shown.at("/shard/epoch").asInt()).isEqualTo(41);
    JsonNode told = answered(get("/v1/sessions/at-larks/transcript"));
    assertThat(told.at("/data/0/text").asText()).isEqualTo(" answer 0");
    assertError(
        get("/v1/sessions/at-larks?pool=owls"),
        404,
        "invalid_request_error",
        "session_not_found",
        "id");
    assertError(
        get("/v1/sessions?pool=ducks"), 404, "invalid_request_error", "pool_not_found", "pool");
  }

  @Test
  void ofTwoSessionsOfOneNameTheFirstPoolsIsMeant() throws Exception {
    asked("lark-1", "both", BOTH);
    asked("owl-1", "both", BOTH);
    asked("owl-1", "both", BOTH);
    assertThat(asked("", "both", "count 1").path("model").asText()).isEqualTo("owl-1");
    assertThat(answered(get("/v1/sessions/both")).path("next_turn").asInt()).isEqualTo(2);
    JsonNode second = answered(get("/v1/sessions/both?pool=larks"));
    assertThat(second.path("next_turn").asInt()).isEqualTo(1);
    JsonNode page = answered(get("/v1/sessions?limit=1&after=boti"));
    assertThat(names(page)).doesNotContain("both");
    page = answered(get("/v1/sessions?limit=1&after=bota"));
    assertThat(names(page)).containsExactly("both", "both");
    assertThat(page.path("data").findValuesAsText("pool")).containsExactly("owls", "larks");
    HttpRequest.Builder delete = HttpRequest.newBuilder(uri(router, "/v1/sessions/both")).DELETE();
    answered(send(delete.copy().header("Idempotency-Key", "gone")));
    answered(send(delete.copy().header("Idempotency-Key", "gone")));
    assertThat(send(delete).statusCode()).as("what is behind it is not reached").isEqualTo(404);
    assertThat(answered(get("/v1/sessions/both")).path("pool").asText()).isEqualTo("larks");
    delete = HttpRequest.newBuilder(uri(router, "/v1/sessions/both?pool=larks")).DELETE();
    answered(send(delete));
    assertThat(get("/v1/sessions/both").statusCode()).isEqualTo(404);
  }

  @Test
  void aSessionIsChangedInItsPool() throws Exception {
    asked("lark-1", "changed", BOTH);
    asked("lark-1", "changed", BOTH);
    JsonNode fork =
        answered(send(request(router, "/v1/sessions/changed/fork", "{'session':'changed-2'}")));
    assertThat(fork.path("pool").asText()).isEqualTo("larks");
    JsonNode back = answered(send(request(router, "/v1/sessions/changed/rewind", "{'turn':0}")));
    assertThat(back.at("/position/turn").asInt()).isZero();
    byte[] file =
        CLIENT
            .send(
                HttpRequest.newBuilder(uri(router, "/v1/sessions/changed/export")).build(),
                BodyHandlers.ofByteArray())
            .body();
    JsonNode made =
        answered(
            send(
                HttpRequest.newBuilder(uri(router, "/v1/sessions/import?session=changed-3"))
                    .POST(BodyPublishers.ofByteArray(file))));
    assertThat(made.path("pool").asText()).isEqualTo("larks");
    for (String session : List.of("changed", "changed-2", "changed-3")) {
      HttpRequest.Builder delete =
          HttpRequest.newBuilder(uri(router, "/v1/sessions/" + session))
              .header("Idempotency-Key", "change")
              .DELETE();
      answered(send(delete.copy()));
      answered(send(delete));
      assertThat(get("/v1/sessions/" + session).statusCode()).isEqualTo(404);
    }
    assertThat(requests(owls, "changed")).isEmpty();
  }

  @Test
  void anEventsIdFindsItsPool() throws Exception {
    String body = "{%s'prompt':'mute 9','session':'resumed','stream':true}";
    HttpResponse<String> whole =
        send(request(router, "/v1/completions", body.formatted("'model':'lark-1',")));
    String key = whole.headers().firstValue("x-request-id").orElseThrow();
    List<String> events = Arrays.asList(whole.body().split("\n\n"));
    String id = idOf(events.get(3));
    assertThat(id).matches("7\\.0\\.3\\.[0-9]+@larks");
    String missed = text(String.join("\n\n", events.subList(4, events.size())), "/choices/0/text");
    try (Router other = router("larks", "owls");
        Router one = router("larks")) {
      for (Router at : List.of(router, other, one)) {
        HttpResponse<String> rest = send(resuming(at, body.formatted(""), key, id));
        assertThat(text(rest.body(), "/choices/0/text")).isEqualTo(missed);
      }
      String old = id.substring(0, id.indexOf('@'));
      String named = body.formatted("'model':'lark-1',");
      for (Router at : List.of(router, other, one)) {
        HttpResponse<String> rest = send(resuming(at, named, key, old));
        assertThat(text(rest.body(), "/choices/0/text")).isEqualTo(missed);
      }
    }
    assertError(
        send(resuming(router, body.formatted(""), key, id.replace("larks", "ducks"))),
        404,
        "invalid_request_error",
        "pool_not_found",
        "pool");
    assertThat(requests(owls, "resumed")).isEmpty();
  }

  private static HttpRequest.Builder resuming(Router at, String body, String key, String event) {
    return request(at, "/v1/completions", body)
        .header("Idempotency-Key", key)
        .header("Last-Event-ID", event);
  }

  @Test
  void aResponseIsToldFromItsPool() throws Exception {
    JsonNode made =
        answered(send(request(router, "/v1/responses", "{'model':'lark-1','input':'mute 3'}")));
    ResponseId id = Objects.requireNonNull(ResponseId.parse(made.path("id").asText()));
    assertThat(id.pool()).isEqualTo("larks");
    assertThat(answered(get("/v1/responses/" + id))).isEqualTo(made);
    try (Router other = router("larks", "owls")) {
      ResponseId old = new ResponseId(id.createdSeconds(), id.session(), id.requestId(), "");
      JsonNode same = answered(send(HttpRequest.newBuilder(uri(other, "/v1/responses/" + old))));
      assertThat(same.path("output")).isEqualTo(made.path("output"));
    }
    String next = "{'input':'mute 1','previous_response_id':'" + id + "'}";
    answered(send(request(router, "/v1/responses", next)));
    assertThat(requests(larks, id.session())).hasSize(2);
    JsonNode hangs =
        answered(
            send(
                request(
                    router,
                    "/v1/responses",
                    "{'model':'lark-1','input':'mutehang 1','background':true}")));
    String cancel = "/v1/responses/" + hangs.path("id").asText() + "/cancel";
    assertThat(answered(send(request(router, cancel, ""))).path("status").asText())
        .isEqualTo("cancelled");
  }

  @Test
  void aTurnOfOnePoolKnowsNothingOfItsNamesakeInTheOther() throws Exception {
    String body = "{'model':'%s','session':'named','request_id':'r-1','prompt':'%s','stream':true}";
    try (Socket hanging = raw(router, json(body.formatted("owl-1", "hang 2")))) {
      readUntil(hanging, "\"text\":\" 1\"");
      HttpResponse<String> other =
          send(request(router, "/v1/completions", body.formatted("lark-1", "count 3")));
      assertThat(text(other.body(), "/choices/0/text")).isEqualTo(" 0 1 2!");
    }
    await().atMost(15, SECONDS).until(() -> owls.cancels.stream().anyMatch(c -> isOf(c, "r-1")));
    assertThat(larks.cancels.stream().anyMatch(c -> isOf(c, "r-1"))).isFalse();
  }

  private static boolean isOf(ConsumerRecord<byte[], byte[]> cancel, String id) {
    return RouterRig.names(cancel, id);
  }

  @Test
  void aPoolThatIsNotThereYetKeepsNobodyWaiting() throws Exception {
    asked("lark-1", "early", BOTH);
    try (Router early = router("nowhere", "larks")) {
      assertThat(early.shards()).containsExactly(0, 4);
      HttpResponse<String> list =
          send(HttpRequest.newBuilder(uri(early, "/v1/sessions?after=earlx&limit=1")));
      assertThat(names(answered(list))).containsExactly("early");
      String named = "{'model':'lark-1','prompt':'count 1'}";
      answered(send(request(early, "/v1/completions", named)));
      assertError(
          send(request(early, "/v1/completions", "{'prompt':'count 1'}")),
          503,
          "server_error",
          "unavailable",
          null);
    }
  }
}
