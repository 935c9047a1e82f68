package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A record that cannot be read goes to the dead letters, and its shard goes on. */
@ExtendWith(SharedUp.class)
class DeadLetterTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final String SESSION = "finds-garbage";

  @Test
  void garbageDoesNotStopItsShard(UpProcess up) {
    String garbage = "\u0007\u00ff this is no request";
    try (Bus bus = new Bus(up)) {
      bus.request(SESSION, garbage);
      bus.request(SESSION, "{\"prompt\": 17}");
      bus.request(SESSION, "{\"prompt\":\"Once upon a time\",\"max_tokens\":4,\"seed\":1}");

      List<ConsumerRecord<byte[], byte[]>> dead =
          bus.readUntil(
              Bus.DEAD_LETTERS,
              true,
              PATIENCE,
              r -> Bus.isOf(SESSION, r) && Bus.text(r).contains("17"));
      assertThat(dead).anySatisfy(r -> assertThat(Bus.text(r)).isEqualTo(garbage));
      assertThat(dead)
          .filteredOn(r -> Bus.isOf(SESSION, r))
          .allSatisfy(r -> assertThat(headers(r)).anyMatch(name -> name.startsWith("skein-")));

      List<JsonNode> events =
          bus
              .readUntil(
                  Bus.TOKENS,
                  true,
                  PATIENCE,
                  r -> Bus.isOf(SESSION, r) && Bus.text(r).contains("\"length\""))
              .stream()
              .filter(r -> Bus.isOf(SESSION, r) && Bus.text(r).startsWith("{"))
              .map(Bus::json)
              .toList();
      assertThat(events.stream().filter(e -> e.has("token"))).hasSize(4);
      assertThat(events)
          .as("the wrong JSON was answered with its reason")
          .anySatisfy(e -> assertThat(e.path("error").path("message").asText()).contains("prompt"));
    }
  }

  private static List<String> headers(ConsumerRecord<byte[], byte[]> record) {
    return StreamSupport.stream(record.headers().spliterator(), false)
        .map(h -> h.key() + "=" + new String(h.value(), StandardCharsets.UTF_8))
        .toList();
  }
}
