package dev.skein.router;

import static dev.skein.router.RouterRig.CLIENT;
import static dev.skein.router.RouterRig.JSON;
import static dev.skein.router.RouterRig.assertError;
import static dev.skein.router.RouterRig.get;
import static dev.skein.router.RouterRig.json;
import static dev.skein.router.RouterRig.post;
import static dev.skein.router.RouterRig.read;
import static dev.skein.router.RouterRig.requestById;
import static dev.skein.router.RouterRig.router;
import static dev.skein.router.RouterRig.send;
import static dev.skein.router.RouterRig.uri;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import dev.skein.proto.Fingerprint;
import dev.skein.proto.Kind;
import dev.skein.proto.Manifest;
import dev.skein.proto.Request;
import dev.skein.proto.SessionFile;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code /v1/sessions…}: what is stored is shown as it is, and changes go over the bus. */
@ExtendWith(RouterRig.class)
class RouterSessionsTest {
  private static final int BYTES = 700_000;

  private static void store(String session) throws Exception {
    script(session, "store " + BYTES);
  }

  private static void script(String session, String words) throws Exception {
    HttpResponse<String> answer =
        post("/v1/completions", "{'prompt':'" + words + "','session':'" + session + "'}");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  private static JsonNode shown(HttpResponse<String> answer) throws Exception {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  private static HttpResponse<String> delete(String session, String key) throws Exception {
    return send(
        HttpRequest.newBuilder(uri(router(), "/v1/sessions/" + session))
            .header("Idempotency-Key", key)
            .DELETE());
  }

  private static HttpResponse<String> load(String query, byte[] file) throws Exception {
    return send(
        HttpRequest.newBuilder(uri(router(), "/v1/sessions/import" + query))
            .POST(BodyPublishers.ofByteArray(file)));
  }

  private static byte[] exported(String session) throws Exception {
    HttpResponse<byte[]> answer =
        CLIENT.send(
            HttpRequest.newBuilder(uri(router(), "/v1/sessions/" + session + "/export")).build(),
            BodyHandlers.ofByteArray());
    assertThat(answer.statusCode()).isEqualTo(200);
    return answer.body();
  }

  @Test
  void aSessionIsShownAsItsManifestSays() throws Exception {
    store("shown");
    store("shown");
    JsonNode session = shown(get("/v1/sessions/shown"));
    assertThat(session.path("id").asText()).isEqualTo("shown");
    assertThat(session.path("object").asText()).isEqualTo("session");
    assertThat(session.path("model").asText()).isEqualTo(ScriptedWorker.MODEL);
    assertThat(session.path("position").toString()).isEqualTo("{\"turn\":1,\"index\":2}");
    assertThat(session.path("next_turn").asInt()).isEqualTo(2);
    assertThat(session.path("tokens_read").asInt()).isEqualTo(20);
    assertThat(session.path("state_bytes").asInt()).isEqualTo(BYTES);
    assertThat(session.path("updated_at").asLong()).isEqualTo(1_700_000_000L);
    assertThat(session.path("slots").size()).isEqualTo(1);
    assertThat(session.at("/slots/0/position/turn").asInt()).isEqualTo(1);
    assertThat(session.at("/head/turn").asInt()).isEqualTo(1);
    assertThat(session.at("/shard/owner").asText()).isEqualTo("worker-7");
    assertThat(session.at("/shard/epoch").asInt()).isEqualTo(41);
    assertThat(session.path("busy").asBoolean()).isFalse();
  }

  @Test
  void theListComesInPages() throws Exception {
    for (String name : List.of("list-c", "list-a", "list-e", "list-b", "list-d")) {
      store(name);
    }
    List<String> names = new ArrayList<>();
    String after = "list-";
    JsonNode page;
    do {
      page = shown(get("/v1/sessions?limit=2&after=" + after));
      assertThat(page.path("data").size()).isLessThanOrEqualTo(2);
      page.path("data").forEach(session -> names.add(session.path("id").asText()));
      after = page.path("last_id").asText();
      assertThat(page.path("complete").asBoolean()).isTrue();
    } while (page.path("has_more").asBoolean() && names.size() < 5);
    assertThat(names).startsWith("list-a", "list-b", "list-c", "list-d", "list-e");
    assertError(get("/v1/sessions?limit=x"), 400, "invalid_request_error", null, "limit");
  }

  @Test
  void whatIsNotThereIs404() throws Exception {
    for (String path : List.of("", "/transcript", "/export")) {
      assertError(
          get("/v1/sessions/nobody" + path),
          404,
          "invalid_request_error",
          "session_not_found",
          "id");
    }
    for (String path : List.of("/fork", "/rewind")) {
      assertError(
          post("/v1/sessions/nobody" + path, "{'turn':0}"),
          404,
          "invalid_request_error",
          "session_not_found",
          null);
    }
    assertError(delete("nobody", "d0"), 404, "invalid_request_error", "session_not_found", null);
    assertError(get("/v1/sessions/a/b"), 404, "invalid_request_error", "unknown_url", null);
  }

  @Test
  void anotherMethodIs405() throws Exception {
    HttpResponse<String> answer = post("/v1/sessions/x", "{}");
    assertError(answer, 405, "invalid_request_error", "method_not_allowed", null);
    assertThat(answer.headers().firstValue("allow")).contains("GET, DELETE");
  }

  @Test
  void aRouterHandlesTwoSessionFilesAtATime() throws Exception {
    store("large");
    String export = "/v1/sessions/large/export";
    try (Socket first = loading();
        Socket second = loading()) {
      await().atMost(10, SECONDS).until(() -> get(export).statusCode() == 429);
      HttpResponse<String> busy = get(export);
      assertError(busy, 429, "rate_limit_error", "too_many_requests", null);
      assertThat(busy.headers().firstValue("retry-after")).contains("1");
      assertThat(first.isConnected() && second.isConnected()).isTrue();
    }
    await().atMost(10, SECONDS).until(() -> get(export).statusCode() == 200);
  }

  /** An import of which only the beginning comes. */
  private static Socket loading() throws Exception {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), router().address().getPort());
    String head =
        "POST /v1/sessions/import?session=half HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Type: application/octet-stream\r\nContent-Length: 1000\r\n\r\nx";
    socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  @Test
  void aForkIsARequestOnTheBusAndThenASession() throws Exception {
    store("parent");
    HttpResponse<String> answer =
        send(
            HttpRequest.newBuilder(uri(router(), "/v1/sessions/parent/fork"))
                .header("Idempotency-Key", "fork-1")
                .POST(BodyPublishers.ofString(json("{'session':'k\u00fcken/1','turn':0}"))));
    JsonNode child = shown(answer);
    assertThat(child.path("id").asText()).isEqualTo("k\u00fcken/1");
    assertThat(child.path("tokens_read").asInt()).isEqualTo(10);
    Request request = read(requestById("fork-1"));
    assertThat(request.getKind()).isEqualTo(Kind.KIND_FORK);
    assertThat(request.getSession()).isEqualTo("parent");
    assertThat(request.getTarget()).isEqualTo("k\u00fcken/1");
    assertThat(request.getParentTurn()).isZero();
    assertThat(shown(get("/v1/sessions/k%C3%BCken%2F1")).path("id").asText())
        .isEqualTo("k\u00fcken/1");
    assertError(
        post("/v1/sessions/parent/fork", "{'session':'k\u00fcken/1'}"),
        400,
        "invalid_request_error",
        "session_exists",
        null);
    JsonNode unnamed = shown(post("/v1/sessions/parent/fork", ""));
    assertThat(unnamed.path("id").asText()).startsWith("fork-");
  }

  @Test
  void aRewindNamesTheTurn() throws Exception {
    store("rewound");
    store("rewound");
    JsonNode session = shown(post("/v1/sessions/rewound/rewind", "{'turn':0}"));
    assertThat(session.at("/position/turn").asInt()).isZero();
    assertThat(session.path("next_turn").asInt()).isEqualTo(2);
    assertError(
        post("/v1/sessions/rewound/rewind", "{}"), 400, "invalid_request_error", null, "turn");
    assertError(
        post("/v1/sessions/rewound/rewind", "{'turn':9}"),
        400,
        "invalid_request_error",
        "turn_not_found",
        null);
  }

  @Test
  void aDeletedSessionIsGoneAndTheSameKeyDeletesOnce() throws Exception {
    store("doomed");
    for (int i = 0; i < 2; i++) {
      JsonNode gone = shown(delete("doomed", "d1"));
      assertThat(gone.toString())
          .isEqualTo("{\"id\":\"doomed\",\"object\":\"session.deleted\",\"deleted\":true}");
    }
    assertThat(get("/v1/sessions/doomed").statusCode()).isEqualTo(404);
  }

  @Test
  void theTranscriptIsReadFromTheHeadBack() throws Exception {
    store("told");
    store("told");
    JsonNode all = shown(get("/v1/sessions/told/transcript?tokens=true"));
    assertThat(all.path("data").size()).isEqualTo(2);
    assertThat(all.at("/data/0/text").asText()).isEqualTo(" answer 0");
    assertThat(all.at("/data/0/parent").isNull()).isTrue();
    assertThat(all.at("/data/1/messages/0/content").asText()).isEqualTo("word 1");
    assertThat(all.at("/data/1/parent/turn").asInt()).isZero();
    assertThat(all.at("/data/1/completion_ids").toString()).isEqualTo("[6]");
    assertThat(all.path("has_more").asBoolean()).isFalse();
    assertThat(all.path("complete").asBoolean()).isTrue();
    JsonNode newest = shown(get("/v1/sessions/told/transcript?limit=1"));
    assertThat(newest.path("data").size()).isEqualTo(1);
    assertThat(newest.at("/data/0/turn").asInt()).isEqualTo(1);
    assertThat(newest.path("has_more").asBoolean()).isTrue();
    JsonNode older = shown(get("/v1/sessions/told/transcript?before=1"));
    assertThat(older.at("/data/0/turn").asInt()).isZero();
  }

  @Test
  void whatASessionHasForgottenWasSaidAllTheSame() throws Exception {
    store("anew");
    store("anew");
    script("anew", "anew 0");
    store("anew");
    store("anew");
    JsonNode all = shown(get("/v1/sessions/anew/transcript"));
    assertThat(all.path("data").findValuesAsText("text"))
        .containsExactly(" answer 0", " answer 1", " answer 2", " answer 3");
    assertThat(all.at("/data/1/parent/turn").asInt()).isZero();
    assertThat(all.at("/data/2/parent").isNull()).as("it remembers nothing before").isTrue();
    assertThat(all.at("/data/3/parent/turn").asInt()).isEqualTo(2);
    assertThat(all.path("has_more").asBoolean()).isFalse();
    assertThat(all.path("complete").asBoolean()).isTrue();
    JsonNode newest = shown(get("/v1/sessions/anew/transcript?limit=2"));
    assertThat(newest.path("has_more").asBoolean()).isTrue();
  }

  @Test
  void anExportHoldsManifestAndSnapshotAndGoesIn() throws Exception {
    store("packed");
    byte[] bytes = exported("packed");
    SessionFile file = SessionFile.parse(bytes);
    assertThat(file.manifest().getSession()).isEqualTo("packed");
    assertThat(file.manifest().getTokensRead()).isEqualTo(10);
    assertThat(file.manifest().getHead().getSession()).isEmpty();
    assertThat(file.snapshot().toByteArray()).isEqualTo(ScriptedSessions.snapshot("packed", BYTES));

    JsonNode made = shown(load("?session=unpacked", bytes));
    assertThat(made.path("id").asText()).isEqualTo("unpacked");
    assertThat(made.path("next_turn").asInt()).as("chunks of the file").isEqualTo(2);
    bytes[100]++;
    HttpResponse<String> damaged = load("?session=other", bytes);
    assertError(damaged, 400, "invalid_request_error", null, null);
    assertThat(damaged.body()).contains("checksum");
    byte[] foreign =
        SessionFile.of(
                "x",
                Manifest.newBuilder()
                    .setFingerprint(Fingerprint.newBuilder().setModel("feed"))
                    .build(),
                ByteString.EMPTY)
            .write();
    assertError(
        load("?session=other", foreign),
        422,
        "invalid_request_error",
        "fingerprint_mismatch",
        null);
    assertThat(get("/v1/sessions/other").statusCode()).isEqualTo(404);
  }

  @Test
  void aSessionThatNoModelHasRunIsImportedToo() throws Exception {
    byte[] bytes =
        SessionFile.of("begun", Manifest.newBuilder().setNextTurn(1).build(), ByteString.EMPTY)
            .write();
    assertThat(shown(load("?session=begun", bytes)).path("id").asText()).isEqualTo("begun");
  }
}
