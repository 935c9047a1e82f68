package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A session that begins with a named state has heard what was read into it, over the bus and over
 * HTTP, and remembers it over a kill.
 */
class StartStateTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final String ANSWER = " Bears eat berries, fish and honey.";

  @TempDir Path data;
  @TempDir Path states;

  @Test
  void aSessionBeginsWithTheStateThatItNames() throws Exception {
    Path asked = states.resolve("asked.safetensors");
    SkeinCommand.Result made =
        SkeinCommand.run(
            PATIENCE,
            "logits",
            "--prompt",
            "User: What do bears eat?",
            "--state-out",
            asked.toString());
    assertThat(made.exitCode()).as(made.err()).isZero();
    try (UpProcess up = UpProcess.start(data, "--state", asked.toString())) {
      try (Bus bus = new Bus(up)) {
        bus.request("ann", turn("asked", 4).toString());
        bus.eventsUntilEndOf("ann", 0, PATIENCE);
        bus.request("bob", turn("nobody", 4).toString());
        JsonNode refused = bus.eventsUntilEndOf("bob", -1, PATIENCE).getLast();
        assertThat(refused.at("/error/code").asText()).isEqualTo("start_state_not_found");
        assertThat(refused.at("/error/message").asText()).contains("It has: asked.");
      }
      HttpResponse<String> answer = post(up, turn("asked", 40));
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(Api.parse(answer.body()).at("/choices/0/text").asText()).isEqualTo(ANSWER);
      assertThat(post(up, turn("nobody", 40)).statusCode()).isEqualTo(400);
      up.kill();
    }
    try (UpProcess up = UpProcess.start(data, "--state", asked.toString());
        Bus bus = new Bus(up)) {
      // Short: a longer turn would leave a snapshot, from which the next runs without the state.
      ObjectNode next = Api.JSON.createObjectNode().put("prompt", "\n\nUser:").put("max_tokens", 4);
      bus.request("ann", next.toString());
      List<JsonNode> events = bus.eventsUntilEndOf("ann", 1, PATIENCE);
      assertThat(events.getLast().path("finish_reason").asText()).isNotEqualTo("error");
    }
    // Without the state the session cannot be run again from nothing, and says so.
    try (UpProcess up = UpProcess.start(data);
        Bus bus = new Bus(up)) {
      bus.request("ann", Api.JSON.createObjectNode().put("prompt", "Hello").toString());
      JsonNode refused = bus.eventsUntilEndOf("ann", -1, PATIENCE).getLast();
      assertThat(refused.at("/error/code").asText()).isEqualTo("start_state_not_found");
    }
  }

  private static ObjectNode turn(String startState, int maxTokens) {
    ObjectNode turn = Api.JSON.createObjectNode();
    turn.put("start_state", startState).put("prompt", "\n\nAssistant:").put("stop", "\n\n");
    return turn.put("temperature", 0).put("max_tokens", maxTokens);
  }

  private static HttpResponse<String> post(UpProcess up, ObjectNode body)
      throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
          HttpRequest.newBuilder(URI.create(up.api() + "/completions"))
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofString(body.toString()))
              .build(),
          BodyHandlers.ofString());
    }
  }
}
