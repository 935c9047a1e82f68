package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.proto.Shards;
import dev.skein.proto.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Rewinds, forks and deletions by plain records. Everything is drawn greedily, so a turn that goes
 * on from the same state says the same, whatever its number.
 */
class SessionOperationsTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final List<String> WORDS =
      List.of("Tell me a story about a bear.", "What did the bear eat?", "Tell me another story.");
  private static final String PARENT = "operated";

  @TempDir Path data;

  @Test
  void aSessionGoesBackGoesOnElsewhereAndIsGone() {
    List<Integer> second;
    List<Integer> third;
    try (UpProcess up = UpProcess.start(data);
        Bus bus = new Bus(up)) {
      turn(bus, PARENT, 0, WORDS.get(0));
      second = turn(bus, PARENT, 1, WORDS.get(1));
      third = turn(bus, PARENT, 2, WORDS.get(2));
      assertThat(up.stop()).isZero();
    }
    try (UpProcess up = UpProcess.start(data);
        Bus bus = new Bus(up)) {
      operate(bus, PARENT, "back", "\"kind\":\"rewind\",\"parent_turn\":0");
      assertThat(turn(bus, PARENT, 3, WORDS.get(1))).isEqualTo(second);

      for (boolean home : List.of(true, false)) {
        String child = named(home);
        JsonNode answer =
            operate(
                bus,
                PARENT,
                "fork-" + home,
                "\"kind\":\"fork\",\"parent_turn\":1,\"target\":\"%s\"".formatted(child));
        assertThat(answer.path("standing").path("session").asText()).isEqualTo(child);
        int next = answer.path("standing").path("next_turn").asInt();
        assertThat(turn(bus, child, next, WORDS.get(2))).isEqualTo(third);
      }
      assertThat(turn(bus, PARENT, 4, WORDS.get(2))).isEqualTo(third);

      operate(bus, PARENT, "gone", "\"kind\":\"delete\"");
      JsonNode missing = operate(bus, PARENT, "again", "\"kind\":\"rewind\",\"parent_turn\":0");
      assertThat(missing.path("error").path("code").asText()).isEqualTo("session_not_found");
      List<Integer> anew = turn(bus, PARENT, 5, WORDS.get(1));
      assertThat(anew).isEqualTo(turn(bus, "another", 0, WORDS.get(1))).isNotEqualTo(second);
    }
  }

  /** A name whose shard is the parent's, or another. */
  private static String named(boolean home) {
    int shard = Shards.of(PARENT, Topics.DEFAULT_SHARDS);
    int i = 0;
    while ((Shards.of("child-" + i, Topics.DEFAULT_SHARDS) == shard) != home) {
      i++;
    }
    return "child-" + i;
  }

  private static List<Integer> turn(Bus bus, String session, int number, String words) {
    bus.request(session, Api.chat(words, 5, 40).put("temperature", 0).toString());
    List<Integer> tokens = Bus.tokens(bus.eventsUntilEndOf(session, number, PATIENCE), number);
    assertThat(tokens).isNotEmpty();
    return tokens;
  }

  private static JsonNode operate(Bus bus, String session, String id, String what) {
    bus.request(session, "{\"request_id\":\"%s\",%s}".formatted(id, what));
    var read =
        bus.readUntil(
            Bus.TOKENS,
            true,
            PATIENCE,
            r -> Bus.isOf(session, r) && Bus.json(r).path("request_id").asText().equals(id));
    return Bus.json(read.getLast());
  }
}
