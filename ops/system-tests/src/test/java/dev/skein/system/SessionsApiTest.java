package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.proto.SessionFile;
import dev.skein.proto.Snapshot;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code /v1/sessions} and {@code skein session} on a real Skein; answers fit the API's document.
 */
@ExtendWith(SharedUp.class)
class SessionsApiTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @TempDir Path folder;

  private static JsonNode get(UpProcess up, String path, int status) throws Exception {
    HttpResponse<String> answer =
        HTTP.send(
            HttpRequest.newBuilder(URI.create(up.api().replace("/v1", "") + path)).build(),
            BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    return Api.parse(answer.body());
  }

  private static void talk(UpProcess up, String session) {
    try (Api api = new Api(up)) {
      api.ask(Api.chat("Tell me a story about a fox.", 3, 12).put("session", session));
    }
  }

  private static SkeinCommand.Result skein(UpProcess up, String... arguments) {
    String[] all = new String[arguments.length + 4];
    all[0] = "session";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    all[arguments.length + 1] = "--url";
    all[arguments.length + 2] = up.api();
    all[arguments.length + 3] = "--json";
    return SkeinCommand.run(PATIENCE, all);
  }

  @Test
  void whatWasSaidIsShownAtOnceAndFitsTheDocument(UpProcess up) throws Exception {
    Shapes shapes = new Shapes(get(up, "/openapi.json", 200));
    talk(up, "api-show");
    JsonNode session = get(up, "/v1/sessions/api-show", 200);
    shapes.check("get", "/v1/sessions/{id}", 200, session);
    assertThat(session.path("model").asText()).isEqualTo("skein-demo-9m");
    assertThat(session.path("next_turn").asInt()).isEqualTo(1);
    int read = session.path("tokens_read").asInt();
    assertThat(read).isGreaterThan(12);
    talk(up, "api-show");
    assertThat(get(up, "/v1/sessions/api-show", 200).path("tokens_read").asInt())
        .as("the second turn was read too")
        .isGreaterThan(read + 12);
    JsonNode list = get(up, "/v1/sessions?limit=1&after=api-sho", 200);
    shapes.check("get", "/v1/sessions", 200, list);
    assertThat(list.at("/data/0/id").asText()).isEqualTo("api-show");
    assertThat(session.at("/shard/epoch").asInt()).isPositive();
    assertThat(session.at("/shard/running").asBoolean()).isTrue();
    shapes.check("get", "/v1/models", 200, get(up, "/v1/models", 200));
    shapes.check("get", "/v1/models/{id}", 404, get(up, "/v1/models/none", 404));
    shapes.check("get", "/v1/sessions/{id}", 404, get(up, "/v1/sessions/none", 404));
    shapes.check("get", "/v1/sessions", 400, get(up, "/v1/sessions?limit=0", 400));
  }

  /** It goes on as the same conversation does in a session that has a name. */
  @Test
  void aStateIsReturnedToAClientThatNamesNoSession(UpProcess up) throws Exception {
    try (Api api = new Api(up)) {
      JsonNode first =
          api.whole(Api.chat("Tell me a story about a fox.", 3, 12).put("return_state", true));
      String session = first.path("session").asText();
      assertThat(get(up, "/v1/sessions/" + session, 200).path("next_turn").asInt()).isEqualTo(1);
      JsonNode next = api.whole(Api.chat("And then?", 4, 12).put("session", session));
      api.ask(Api.chat("Tell me a story about a fox.", 3, 12).put("session", "api-named"));
      JsonNode named = api.whole(Api.chat("And then?", 4, 12).put("session", "api-named"));
      assertThat(next.path("choices")).isEqualTo(named.path("choices"));
      assertThat(next.path("usage")).isEqualTo(named.path("usage"));
    }
  }

  @Test
  void theCommandListsShowsAndExports(UpProcess up) throws Exception {
    talk(up, "api command/\u00e4");
    SkeinCommand.Result list = skein(up, "list", "--after", "api command");
    assertThat(list.exitCode()).as(list.err()).isZero();
    assertThat(Api.parse(list.out().lines().findFirst().orElseThrow()).path("id").asText())
        .isEqualTo("api command/\u00e4");
    SkeinCommand.Result show = skein(up, "show", "api command/\u00e4");
    assertThat(Api.parse(show.out()).path("next_turn").asInt()).as(show.err()).isEqualTo(1);

    Path file = folder.resolve("fox.skein");
    SkeinCommand.Result export = skein(up, "export", "api command/\u00e4", file.toString());
    assertThat(export.exitCode()).as(export.err()).isZero();
    SessionFile exported = SessionFile.parse(Files.readAllBytes(file));
    assertThat(exported.manifest().getTokensRead())
        .isEqualTo(Api.parse(show.out()).path("tokens_read").asLong());
    if (exported.manifest().getSlotsCount() > 0) {
      Snapshot snapshot = Snapshot.parseFrom(exported.snapshot());
      assertThat(snapshot.getFingerprint()).isEqualTo(exported.manifest().getFingerprint());
    }
  }

  @Test
  void whatIsWrongIsOneLine(UpProcess up) {
    for (List<String> arguments :
        List.of(List.of("show", "nobody"), List.of("transcript", "nobody"))) {
      SkeinCommand.Result result = skein(up, arguments.toArray(String[]::new));
      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.errLines()).hasSize(1);
      assertThat(result.err()).contains("There is no session 'nobody'");
    }
    SkeinCommand.Result nowhere =
        SkeinCommand.run(PATIENCE, "session", "list", "--url", "http://127.0.0.1:1");
    assertThat(nowhere.exitCode()).isEqualTo(1);
    assertThat(nowhere.err()).contains("no router listens").contains("skein up");
    SkeinCommand.Result nothing = SkeinCommand.run(PATIENCE, "session");
    assertThat(nothing.exitCode()).isEqualTo(2);
  }
}
