package dev.skein.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A request to answer. Immutable: every method returns another one. It names itself, so that it is
 * one turn however often it is sent.
 */
public final class ChatRequest {
  private final String requestId;
  private final List<Message> messages;
  private final Map<String, Object> fields;

  private ChatRequest(String requestId, List<Message> messages, Map<String, Object> fields) {
    this.requestId = requestId;
    this.messages = List.copyOf(messages);
    this.fields = fields;
  }

  /** A request that says these messages, under a name of its own. */
  public static ChatRequest of(Message... messages) {
    return new ChatRequest(UUID.randomUUID().toString(), List.of(messages), Map.of());
  }

  /** A request of a user's words. */
  public static ChatRequest of(String words) {
    return of(Message.user(words));
  }

  /**
   * Continues a session, or begins one of this name; the messages may be only what is new in it.
   */
  public ChatRequest session(String session) {
    return with("session", session);
  }

  /** The model to answer; without it, the router's first. */
  public ChatRequest model(String model) {
    return with("model", model);
  }

  /** At most so many tokens are generated. */
  public ChatRequest maxTokens(int tokens) {
    return with("max_completion_tokens", tokens);
  }

  public ChatRequest temperature(double temperature) {
    return with("temperature", temperature);
  }

  /** The same seed in the same state draws the same tokens. */
  public ChatRequest seed(long seed) {
    return with("seed", seed);
  }

  /**
   * Any other field of the API's body.
   *
   * @param value text, number, boolean, or lists and maps of them
   */
  public ChatRequest with(String field, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(fields);
    more.put(field, value);
    return new ChatRequest(requestId, messages, more);
  }

  /** The same request under a name that the caller chooses, to be sent again after a restart. */
  public ChatRequest named(String requestId) {
    return new ChatRequest(requestId, messages, fields);
  }

  /** The name of its turn. */
  public String requestId() {
    return requestId;
  }

  /** The body of the call. */
  byte[] body(boolean stream) {
    ObjectNode body = Json.MAPPER.valueToTree(fields);
    List<Map<String, String>> said = new ArrayList<>(messages.size());
    for (Message message : messages) {
      said.add(Map.of("role", message.role(), "content", message.content()));
    }
    body.set("messages", Json.MAPPER.valueToTree(said));
    if (stream) {
      body.put("stream", true).putObject("stream_options").put("include_usage", true);
    }
    return body.toString().getBytes(StandardCharsets.UTF_8);
  }
}
