package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** kcat with its default settings: JSON in, JSON out, one memory with the HTTP API. */
@ExtendWith(SharedUp.class)
class KcatTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @TempDir Path folder;

  @BeforeEach
  void kcatIsInstalled() {
    boolean there =
        SkeinCommand.run(PATIENCE, new ProcessBuilder("sh", "-c", "command -v kcat")).exitCode()
            == 0;
    Assumptions.assumeTrue(there, "kcat is not installed (Debian: apt install kcat)");
  }

  @Test
  void keyedAndUnkeyedRequestsGetTheirJsonEvents(UpProcess up) throws Exception {
    produce(
        up, "kcat-keyed|{\"prompt\":\"Once upon a time\",\"max_tokens\":8,\"seed\":7}", "-K", "|");
    produce(
        up,
        "{\"session\":\"kcat-field\",\"prompt\":\"Once upon a time\",\"max_tokens\":8,\"seed\":7}");
    produce(
        up,
        "{\"request_id\":\"kcat-nobody\",\"prompt\":\"Once upon a time\",\"max_tokens\":8,\"seed\":7}");

    List<JsonNode> keyed = eventsOf(up, "session", "kcat-keyed");
    List<JsonNode> field = eventsOf(up, "session", "kcat-field");
    List<JsonNode> nobody = eventsOf(up, "request_id", "kcat-nobody");
    assertThat(Bus.tokens(keyed, 0)).hasSize(8).isEqualTo(Bus.tokens(field, 0));
    assertThat(Bus.tokens(nobody, 0)).isEqualTo(Bus.tokens(keyed, 0));
    JsonNode end = keyed.getLast();
    assertThat(end.path("finish_reason").asText()).isEqualTo("length");
    assertThat(end.path("usage").path("completion_tokens").asInt()).isEqualTo(8);
    assertThat(nobody.getFirst().path("session").asText()).isNotEmpty();
  }

  @Test
  void aKcatTurnAndAnHttpTurnShareOneState(UpProcess up) throws Exception {
    String question = "What was its name?";
    String story = "Tell me a story about a fox.";
    try (Api api = new Api(up)) {
      produce(up, "kcat-shared|" + Api.chat(story, 9, 100), "-K", "|");
      eventsOf(up, "session", "kcat-shared");
      String mixed = api.ask(Api.chat(question, 9, 60).put("session", "kcat-shared"));

      api.ask(Api.chat(story, 9, 100).put("session", "http-only"));
      String http = api.ask(Api.chat(question, 9, 60).put("session", "http-only"));
      assertThat(mixed).isEqualTo(http).isNotBlank();
    }
  }

  private void produce(UpProcess up, String line, String... more) throws IOException {
    Path input = Files.writeString(folder.resolve("line"), line + "\n");
    List<String> command =
        new java.util.ArrayList<>(List.of("kcat", "-P", "-b", up.kafka(), "-t", Bus.REQUESTS));
    command.addAll(List.of(more));
    command.addAll(List.of("-l", input.toString()));
    SkeinCommand.Result result = SkeinCommand.run(PATIENCE, new ProcessBuilder(command));
    assertThat(result.exitCode()).as(result.err()).isZero();
  }

  /** What kcat prints of the topic, of one session or request, once its end is there. */
  private static List<JsonNode> eventsOf(UpProcess up, String field, String value) {
    return Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(200))
        .until(
            () -> events(up).stream().filter(e -> e.path(field).asText().equals(value)).toList(),
            events -> !events.isEmpty() && events.getLast().path("done").asBoolean());
  }

  private static List<JsonNode> events(UpProcess up) {
    ProcessBuilder kcat =
        new ProcessBuilder(
            "kcat", "-C", "-b", up.kafka(), "-t", Bus.TOKENS, "-o", "beginning", "-e", "-q");
    return SkeinCommand.run(PATIENCE, kcat)
        .out()
        .lines()
        .filter(line -> line.startsWith("{"))
        .map(Api::parse)
        .toList();
  }
}
