package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Forks, rewinds, files and deletions on a real Skein: what is copied remembers what the original
 * did, word for word.
 */
@ExtendWith(SharedUp.class)
class SessionChangesTest {
  private static final String STORY = "Tell me a story about a fox.";
  private static final String QUESTION = "What was its name?";
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @TempDir Path folder;

  private static String ask(UpProcess up, String session, String words) {
    try (Api api = new Api(up)) {
      ObjectNode body = Api.chat(words, 3, 40).put("session", session).put("temperature", 0);
      return api.ask(body);
    }
  }

  private static <T> HttpResponse<T> call(
      UpProcess up,
      String method,
      String path,
      BodyPublisher body,
      HttpResponse.BodyHandler<T> handler)
      throws Exception {
    return HTTP.send(
        HttpRequest.newBuilder(URI.create(up.api() + "/sessions" + path))
            .method(method, body)
            .build(),
        handler);
  }

  private static JsonNode json(UpProcess up, String method, String path, String body)
      throws Exception {
    HttpResponse<String> answer =
        call(up, method, path, BodyPublishers.ofString(body), BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return Api.parse(answer.body());
  }

  private static Shapes shapes(UpProcess up) {
    try (Api api = new Api(up)) {
      return new Shapes(Api.parse(api.get(up.api().replace("/v1", "/openapi.json"))));
    }
  }

  @Test
  void aForkRemembersAndGoesItsOwnWay(UpProcess up) throws Exception {
    String story = ask(up, "op-parent", STORY);
    String name = ask(up, "op-parent", QUESTION);
    JsonNode child = json(up, "POST", "/op-parent/fork", "{\"session\":\"op-child\",\"turn\":0}");
    shapes(up).check("post", "/v1/sessions/{id}/fork", 200, child);
    assertThat(child.path("id").asText()).isEqualTo("op-child");
    assertThat(ask(up, "op-child", QUESTION)).isEqualTo(name);
    JsonNode told = json(up, "GET", "/op-child/transcript", "");
    shapes(up).check("get", "/v1/sessions/{id}/transcript", 200, told);
    assertThat(told.path("data").size()).as(told.toString()).isEqualTo(2);
    assertThat(told.at("/data/0/session").asText()).isEqualTo("op-parent");
    assertThat(told.at("/data/0/messages/0/content").asText()).isEqualTo(STORY);
    assertThat(told.at("/data/0/text").asText().strip()).isEqualTo(story.strip());
    assertThat(told.at("/data/1/session").asText()).isEqualTo("op-child");
    assertThat(told.at("/data/1/text").asText().strip()).isEqualTo(name.strip());
    assertThat(told.path("complete").asBoolean()).isTrue();
  }

  @Test
  void aRewoundSessionSaysItAgain(UpProcess up) throws Exception {
    ask(up, "op-rewind", STORY);
    String name = ask(up, "op-rewind", QUESTION);
    JsonNode session = json(up, "POST", "/op-rewind/rewind", "{\"turn\":0}");
    shapes(up).check("post", "/v1/sessions/{id}/rewind", 200, session);
    assertThat(session.path("next_turn").asInt()).isEqualTo(2);
    assertThat(ask(up, "op-rewind", QUESTION)).isEqualTo(name);
    JsonNode told = json(up, "GET", "/op-rewind/transcript", "");
    assertThat(told.findValuesAsText("turn")).contains("0", "2");
    assertThat(told.path("data").size()).isEqualTo(2);
  }

  @Test
  void aFileIsTheSession(UpProcess up) throws Exception {
    ask(up, "op-file", STORY);
    Path file = folder.resolve("fox.skein");
    SkeinCommand.Result export =
        SkeinCommand.run(
            PATIENCE, "session", "export", "op-file", file.toString(), "--url", up.api());
    assertThat(export.exitCode()).as(export.err()).isZero();
    SkeinCommand.Result load =
        SkeinCommand.run(
            PATIENCE, "session", "import", file.toString(), "op-loaded", "--url", up.api());
    assertThat(load.exitCode()).as(load.err()).isZero();
    assertThat(load.out()).contains("op-loaded");
    assertThat(ask(up, "op-loaded", QUESTION)).isEqualTo(ask(up, "op-file", QUESTION));

    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2]++;
    HttpResponse<String> damaged =
        call(
            up,
            "POST",
            "/import?session=op-damaged",
            BodyPublishers.ofByteArray(bytes),
            BodyHandlers.ofString());
    assertThat(damaged.statusCode()).isEqualTo(400);
    shapes(up).check("post", "/v1/sessions/import", 400, Api.parse(damaged.body()));
  }

  @Test
  void aDeletedSessionIsForgotten(UpProcess up) throws Exception {
    String story = ask(up, "op-delete", STORY);
    ask(up, "op-delete", QUESTION);
    JsonNode gone = json(up, "DELETE", "/op-delete", "");
    shapes(up).check("delete", "/v1/sessions/{id}", 200, gone);
    for (String path : new String[] {"", "/transcript", "/export"}) {
      assertThat(
              call(
                      up,
                      "GET",
                      "/op-delete" + path,
                      BodyPublishers.noBody(),
                      BodyHandlers.discarding())
                  .statusCode())
          .isEqualTo(404);
    }
    assertThat(ask(up, "op-delete", STORY)).as("it begins from nothing").isEqualTo(story);
    JsonNode again = json(up, "GET", "/op-delete", "");
    assertThat(again.path("next_turn").asInt()).as("turn numbers go on").isGreaterThan(2);
    assertThat(json(up, "GET", "/op-delete/transcript", "").path("data").size()).isEqualTo(1);
  }
}
