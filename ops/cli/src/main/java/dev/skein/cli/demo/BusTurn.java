package dev.skein.cli.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.skein.cli.CommandFailure;
import dev.skein.cli.kafka.PlainClient.Event;
import dev.skein.cli.kafka.PlainClient.Place;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One turn as a stranger sees it on the topic {@code tokens}: collects its JSON events, shows its
 * text.
 */
final class BusTurn {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Place request;
  private final long sentNanos;
  private final Consumer<String> show;
  private final List<Integer> tokens = new ArrayList<>();
  private @Nullable Place first;
  private @Nullable Place last;
  private long firstNanos;
  private long lastNanos;
  private @Nullable JsonNode end;

  BusTurn(Place request, long sentNanos, Consumer<String> show) {
    this.request = request;
    this.sentNanos = sentNanos;
    this.show = show;
  }

  /**
   * Takes the next event of the session.
   *
   * @return whether it ended the turn
   * @throws CommandFailure if the turn failed, or an index is missing or repeated
   */
  boolean take(Event event) {
    JsonNode json = parse(event.value());
    if (json.path("done").asBoolean()) {
      end = json;
      show.accept(json.path("text").asText(""));
      JsonNode error = json.path("error");
      if (error.isObject()) {
        throw new CommandFailure("the turn failed: " + error.path("message").asText());
      }
      return true;
    }
    if (json.has("token")) {
      token(event, json);
    }
    return false;
  }

  private void token(Event event, JsonNode json) {
    if (json.path("index").asInt(-1) != tokens.size()) {
      throw new CommandFailure(
          "index %d expected in the topic, read: %s".formatted(tokens.size(), event.value()));
    }
    if (tokens.isEmpty()) {
      first = event.place();
      firstNanos = event.seenNanos();
    }
    last = event.place();
    lastNanos = event.seenNanos();
    tokens.add(json.path("token").asInt());
    show.accept(json.path("text").asText(""));
  }

  private static JsonNode parse(String value) {
    try {
      return JSON.readTree(value);
    } catch (IOException e) {
      throw new CommandFailure("the topic holds an event that is not JSON: " + value, e);
    }
  }

  Place request() {
    return request;
  }

  int[] tokens() {
    return tokens.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Where the tokens lie: {@code topic partition p, offsets a..b}. */
  String place() {
    Place from = first;
    Place to = last;
    if (from == null || to == null) {
      return "no tokens";
    }
    return "%s, partition %d, offsets %d..%d"
        .formatted(from.topic(), from.partition(), from.offset(), to.offset());
  }

  /** From sending the request to the first token that a read_committed reader saw. */
  double firstTokenMillis() {
    return (firstNanos - sentNanos) / 1e6;
  }

  /** Tokens a second between request and last token, as read. */
  double tokensPerSecond() {
    return tokens.size() * 1e9 / (lastNanos - sentNanos);
  }

  /** Tokens of the request's own text that the turn read, as its end event says. */
  int promptTokens() {
    JsonNode known = end;
    return known == null ? 0 : known.path("usage").path("prompt_tokens").asInt();
  }
}
