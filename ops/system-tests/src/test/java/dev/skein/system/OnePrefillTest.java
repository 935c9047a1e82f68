package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What several choices cost, by the engine's own counter. */
@ExtendWith(SharedUp.class)
class OnePrefillTest {
  private static final int LENGTH = 200;

  @Test
  void fourChoicesReadTheirPromptOnce(UpProcess up) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      long before = EngineCounters.promptTokens(up);
      complete(http, up, prompt(300), 1);
      long one = EngineCounters.promptTokens(up) - before;
      complete(http, up, prompt(500), 4);
      long four = EngineCounters.promptTokens(up) - before - one;
      assertThat(one).isEqualTo(LENGTH);
      assertThat(four)
          .as("the last token of the prompt is read by each choice, the rest once")
          .isEqualTo(LENGTH + 3);
    }
  }

  /** Ids that no other prompt begins with, so that none of it was read before. */
  private static ObjectNode prompt(int first) {
    ObjectNode body = Api.JSON.createObjectNode().put("model", "skein-demo-9m");
    ArrayNode ids = body.putArray("prompt");
    for (int i = 0; i < LENGTH; i++) {
      ids.add(first + i * 7 % 100);
    }
    return body;
  }

  private static void complete(HttpClient http, UpProcess up, ObjectNode body, int choices)
      throws Exception {
    body.put("n", choices).put("max_tokens", 4).put("temperature", 1).put("seed", 4);
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(up.api() + "/completions"))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body.toString()))
            .build();
    var answer = http.send(request, BodyHandlers.ofString());
    assertThat(Api.parse(answer.body()).path("choices")).as(answer.body()).hasSize(choices);
  }
}
