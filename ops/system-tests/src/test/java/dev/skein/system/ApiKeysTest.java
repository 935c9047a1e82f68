package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A key made by the command opens a Skein that asks for keys, and a tenant sees only their own. */
class ApiKeysTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @TempDir Path folder;

  private static String word(String out, String before) {
    return out.lines()
        .filter(line -> line.startsWith(before))
        .map(line -> line.substring(before.length()).strip())
        .findFirst()
        .orElseThrow();
  }

  private static int status(UpProcess up, String key, String path) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
              HttpRequest.newBuilder(URI.create(up.api() + path))
                  .header("Authorization", "Bearer " + key)
                  .build(),
              BodyHandlers.discarding())
          .statusCode();
    }
  }

  private static String chat(UpProcess up, String key, String session) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      var answer =
          http.send(
              HttpRequest.newBuilder(URI.create(up.api() + "/chat/completions"))
                  .header("Authorization", "Bearer " + key)
                  .header("Content-Type", "application/json")
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          Api.chat("Tell me a story about a fox.", 3, 8)
                              .put("session", session)
                              .toString()))
                  .build(),
              BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      return Api.parse(answer.body()).at("/choices/0/message/content").asText();
    }
  }

  @Test
  void aKeyOpensOneTenantsDoor() throws Exception {
    SkeinCommand.Result acme = SkeinCommand.run(PATIENCE, "key", "acme");
    SkeinCommand.Result birds = SkeinCommand.run(PATIENCE, "key", "birds");
    assertThat(acme.exitCode()).as(acme.err()).isZero();
    Path keys =
        Files.writeString(
            folder.resolve("keys"),
            "tenant acme\ntenant birds\n"
                + word(acme.out(), "line of file")
                + "\n"
                + word(birds.out(), "line of file")
                + "\n");
    String acmeKey = word(acme.out(), "API key");
    String birdsKey = word(birds.out(), "API key");
    assertThat(Files.readString(keys)).doesNotContain(acmeKey);
    try (UpProcess up = UpProcess.start(folder.resolve("data"), "--api-keys", keys.toString())) {
      assertThat(status(up, "nobody", "/models")).isEqualTo(401);
      String first = chat(up, acmeKey, "mine");
      assertThat(status(up, acmeKey, "/sessions/mine")).isEqualTo(200);
      assertThat(status(up, birdsKey, "/sessions/mine")).isEqualTo(404);
      assertThat(chat(up, birdsKey, "mine"))
          .as("a session of the same name begins from nothing, with the same words")
          .isEqualTo(first);
      assertThat(status(up, birdsKey, "/sessions/mine")).isEqualTo(200);
    }
  }
}
