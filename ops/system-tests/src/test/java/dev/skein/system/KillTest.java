package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 in the middle of a stream of which a part is committed: it goes on at the exact token.
 */
class KillTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int LENGTH = 800;
  private static final String SESSION = "survivor";

  @TempDir Path killed;
  @TempDir Path undisturbed;

  @Test
  void aCommittedReaderSeesEachIndexOnceAndTheWholeStreamEqualsAnUndisturbedOne() {
    int shown;
    try (UpProcess up = UpProcess.start(killed);
        Bus bus = new Bus(up)) {
      bus.request(SESSION, story());
      shown =
          bus.readUntil(
                  Bus.TOKENS,
                  true, // some is committed when it is killed, and more is shown
                  PATIENCE,
                  r -> Bus.isOf(SESSION, r) && Bus.json(r).path("index").asInt() == 40)
              .size();
      up.kill();
    }
    List<JsonNode> events;
    try (UpProcess up = UpProcess.start(killed);
        Bus bus = new Bus(up)) {
      events = bus.eventsUntilEndOf(SESSION, 0, PATIENCE);
    }
    List<Integer> tokens = Bus.tokens(events, 0); // fails on a gap or a repeat

    assertThat(shown).isPositive();
    assertThat(tokens).hasSize(LENGTH);
    assertThat(events.stream().map(e -> e.path("epoch").asInt()).distinct().toList())
        .as("epochs: it was killed before its end")
        .hasSizeGreaterThan(1);
    assertThat(tokens).isEqualTo(undisturbed());
  }

  private List<Integer> undisturbed() {
    try (UpProcess up = UpProcess.start(undisturbed);
        Bus bus = new Bus(up)) {
      bus.request(SESSION, story());
      return Bus.tokens(bus.eventsUntilEndOf(SESSION, 0, PATIENCE), 0);
    }
  }

  private static String story() {
    ObjectNode body = Api.JSON.createObjectNode();
    body.put("prompt", "Once upon a time").put("max_tokens", LENGTH).put("seed", 3);
    body.put("ignore_end_of_text", true);
    return body.toString();
  }
}
