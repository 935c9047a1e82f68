package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A session outlives its process: stopped and started again, it goes on as if nothing had happened.
 */
class SessionMemoryTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final List<String> WORDS =
      List.of("Tell me a story about a bear.", "What did the bear eat?", "Tell me another story.");

  @TempDir Path stopped;
  @TempDir Path undisturbed;

  @Test
  void aThirdTurnAfterARestartEqualsAnUninterruptedRun() {
    List<List<Integer>> seen = new ArrayList<>();
    try (UpProcess up = UpProcess.start(stopped)) {
      seen.add(turn(up, 0));
      seen.add(turn(up, 1));
      assertThat(up.stop()).as("exit code after SIGTERM").isZero();
      assertThat(up.errors()).doesNotContain("Exception").doesNotContain("\tat ");
    }
    try (UpProcess up = UpProcess.start(stopped)) {
      seen.add(turn(up, 2));
    }

    List<List<Integer>> expected = new ArrayList<>();
    try (UpProcess up = UpProcess.start(undisturbed)) {
      for (int i = 0; i < WORDS.size(); i++) {
        expected.add(turn(up, i));
      }
    }
    assertThat(seen).isEqualTo(expected);
    assertThat(seen).allSatisfy(tokens -> assertThat(tokens).isNotEmpty());
  }

  @Test
  void theMemoryMatters() {
    try (UpProcess up = UpProcess.start(stopped);
        Api api = new Api(up)) {
      for (String words : WORDS) {
        api.ask(Api.chat(words, 11, 120).put("session", "remembers"));
      }
      String remembered =
          api.ask(Api.chat("Tell me a story.", 11, 120).put("session", "remembers"));
      String alone = api.ask(Api.chat("Tell me a story.", 11, 120).put("session", "new"));
      assertThat(remembered).isNotEqualTo(alone);
    }
  }

  private static List<Integer> turn(UpProcess up, int number) {
    try (Bus bus = new Bus(up)) {
      bus.request("lives-on", Api.chat(WORDS.get(number), 5, 120).toString());
      List<JsonNode> events = bus.eventsUntilEndOf("lives-on", number, PATIENCE);
      return Bus.tokens(events, number);
    }
  }
}
