package dev.skein.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the API's bodies mean. Fields that are not known are let be. */
final class Json {
  static final JsonMapper MAPPER = JsonMapper.builder().build();

  private Json() {}

  static JsonNode parse(int status, String text) throws SkeinException {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new SkeinException(status, "", "", "The router's answer is not JSON.");
    }
  }

  /** An error body, or whatever else came with the status of an error. */
  static SkeinException error(int status, String body) {
    JsonNode error;
    try {
      error = MAPPER.readTree(body).path("error");
    } catch (JsonProcessingException e) {
      return new SkeinException(status, "", "", "HTTP status " + status + " without a reason.");
    }
    return error(status, error);
  }

  static SkeinException error(int status, JsonNode error) {
    return new SkeinException(
        status,
        error.path("code").asText(""),
        error.path("param").asText(""),
        error.path("message").asText("HTTP status " + status + "."));
  }

  static Answer answer(String requestId, JsonNode root) {
    JsonNode choice = root.path("choices").path(0);
    JsonNode message = choice.path("message");
    List<FunctionCall> calls = new ArrayList<>();
    for (JsonNode call : message.path("tool_calls")) {
      JsonNode function = call.path("function");
      calls.add(
          new FunctionCall(
              call.path("id").asText(""),
              function.path("name").asText(""),
              function.path("arguments").asText("")));
    }
    Usage usage = usage(root);
    return new Answer(
        requestId,
        root.path("model").asText(""),
        message.path("content").asText(""),
        message.path("reasoning_content").asText(""),
        List.copyOf(calls),
        choice.path("finish_reason").asText(""),
        usage == null ? new Usage(0, 0, 0) : usage);
  }

  static Piece piece(String eventId, JsonNode root) {
    JsonNode choice = root.path("choices").path(0);
    JsonNode delta = choice.path("delta");
    return new Piece(
        eventId,
        delta.path("content").asText(""),
        delta.path("reasoning_content").asText(""),
        choice.path("finish_reason").asText(""),
        usage(root));
  }

  private static @Nullable Usage usage(JsonNode root) {
    JsonNode usage = root.path("usage");
    if (!usage.isObject()) {
      return null;
    }
    return new Usage(
        usage.path("prompt_tokens").asInt(),
        usage.path("completion_tokens").asInt(),
        usage.path("prompt_tokens_details").path("cached_tokens").asInt());
  }

  static SessionInfo session(JsonNode root) {
    return new SessionInfo(
        root.path("id").asText(),
        root.path("pool").asText(),
        root.path("model").asText(),
        root.path("next_turn").asLong(),
        root.path("tokens_read").asLong(),
        root.path("state_bytes").asLong(),
        Instant.ofEpochSecond(root.path("updated_at").asLong()));
  }

  static SessionTurn turn(JsonNode root) {
    List<Message> messages = new ArrayList<>();
    for (JsonNode message : root.path("messages")) {
      messages.add(new Message(message.path("role").asText(), message.path("content").asText()));
    }
    return new SessionTurn(
        root.path("turn").asLong(),
        root.path("request_id").asText(),
        List.copyOf(messages),
        root.path("prompt").asText(""),
        root.path("text").asText(),
        root.path("finish_reason").asText());
  }
}
