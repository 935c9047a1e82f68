package dev.skein.router.openai.responses;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.proto.ChatMessage;
import dev.skein.router.openai.ApiException;
import dev.skein.router.openai.JsonFields;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The items that a response was asked for with, told again from the messages that they became. */
public final class InputItems {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private InputItems() {}

  /**
   * Which items are wanted.
   *
   * @param after the id of the last item that the client has, or null
   * @param ascending oldest first
   */
  public record Page(int limit, @Nullable String after, boolean ascending) {}

  /** A page of the list. */
  public static ObjectNode list(ResponseId id, List<ChatMessage> messages, Page page)
      throws ApiException {
    List<ObjectNode> items = new ArrayList<>(messages.size());
    for (int i = 0; i < messages.size(); i++) {
      items.add(item(messages.get(i), id.requestId() + "-" + i));
    }
    if (!page.ascending) {
      items = items.reversed();
    }
    int from = page.after == null ? 0 : behind(items, page.after);
    int to = Math.min(items.size(), from + page.limit);
    ObjectNode list = NODES.objectNode().put("object", "list");
    list.putArray("data").addAll(items.subList(from, to));
    boolean none = from == to;
    return list.put("first_id", none ? null : items.get(from).path("id").asText())
        .put("last_id", none ? null : items.get(to - 1).path("id").asText())
        .put("has_more", to < items.size());
  }

  private static int behind(List<ObjectNode> items, String id) throws ApiException {
    for (int i = 0; i < items.size(); i++) {
      if (items.get(i).path("id").asText().equals(id)) {
        return i + 1;
      }
    }
    throw ApiException.invalid("after", "'after' is not the id of an input item of this response.");
  }

  private static ObjectNode item(ChatMessage message, String name) {
    JsonNode call = call(message);
    if (call != null) {
      return of("function_call", "fc_" + name)
          .put("call_id", message.getName())
          .put("name", call.path("name").asText())
          .put("arguments", call.path("arguments").toString());
    }
    if (message.getRole().equals("tool")) {
      return of("function_call_output", "fco_" + name)
          .put("call_id", message.getName())
          .put("output", message.getContent());
    }
    ObjectNode item = of("message", "msg_" + name).put("role", message.getRole());
    ArrayNode content = item.putArray("content");
    if (message.getRole().equals("assistant")) {
      ObjectNode part = content.addObject().put("type", "output_text");
      part.put("text", message.getContent()).putArray("annotations");
      part.putArray("logprobs");
    } else {
      content.addObject().put("type", "input_text").put("text", message.getContent());
    }
    return item;
  }

  private static ObjectNode of(String type, String id) {
    return NODES.objectNode().put("id", id).put("type", type).put("status", "completed");
  }

  /** The call that a message of the assistant tells, or null. */
  private static @Nullable JsonNode call(ChatMessage message) {
    if (!message.getRole().equals("assistant") || message.getName().isEmpty()) {
      return null;
    }
    try {
      return JsonFields.MAPPER.readTree(message.getContent());
    } catch (JsonProcessingException e) {
      return null;
    }
  }
}
