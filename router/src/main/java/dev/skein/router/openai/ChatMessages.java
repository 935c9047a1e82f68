package dev.skein.router.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.proto.ChatMessage;
import dev.skein.proto.Request;
import org.jspecify.annotations.Nullable;

/** The messages of {@code /v1/chat/completions}. */
final class ChatMessages {
  private static final int MESSAGES_MAX = 8_192;

  private ChatMessages() {}

  static void read(JsonFields fields, Request.Builder request) throws ApiException {
    JsonNode messages = fields.get("messages");
    if (messages == null) {
      throw ApiException.invalid("messages", "'messages' is missing.");
    }
    if (!messages.isArray() || messages.isEmpty() || messages.size() > MESSAGES_MAX) {
      throw fields.wrong("messages", "a list of 1 to " + MESSAGES_MAX + " messages", messages);
    }
    for (int i = 0; i < messages.size(); i++) {
      JsonNode message = messages.get(i);
      if (!message.isObject()) {
        throw fields.wrong("messages[" + i + "]", "an object", message);
      }
      request.addMessages(message(new JsonFields(message, "messages[" + i + "].")));
    }
  }

  private static ChatMessage message(JsonFields fields) throws ApiException {
    String role = role(fields);
    String content = content(fields);
    String calls = calls(fields);
    if (!calls.isEmpty()) {
      content = content == null || content.isEmpty() ? calls : content + "\n" + calls;
    }
    if (content == null) {
      throw ApiException.invalid(
          fields.at() + "content", "'" + fields.at() + "content' is missing.");
    }
    ChatMessage.Builder message = ChatMessage.newBuilder().setRole(role).setContent(content);
    String name = fields.string("name");
    return (name == null ? message : message.setName(name)).build();
  }

  /** The calls of functions that an assistant's message holds, as the model wrote them. */
  private static String calls(JsonFields fields) throws ApiException {
    JsonNode list = fields.get("tool_calls");
    if (list == null) {
      return "";
    }
    if (!list.isArray()) {
      throw fields.wrong("tool_calls", "a list of calls", list);
    }
    StringBuilder calls = new StringBuilder();
    for (int i = 0; i < list.size(); i++) {
      String at = "tool_calls[" + i + "]";
      JsonNode function = list.get(i).path("function");
      if (!function.path("name").isTextual() || !function.path("arguments").isTextual()) {
        throw fields.wrong(at, "a call with function.name and function.arguments", list.get(i));
      }
      calls
          .append(i == 0 ? "" : "\n")
          .append(
              ToolFields.spoken(
                  function.path("name").textValue(),
                  JsonFields.wellFormed(function.path("arguments").textValue())));
    }
    return calls.toString();
  }

  private static String role(JsonFields fields) throws ApiException {
    String role = fields.string("role");
    return switch (role) {
      case null ->
          throw ApiException.invalid(fields.at() + "role", "'" + fields.at() + "role' is missing.");
      case "developer" -> "system";
      case "system", "user", "assistant", "tool" -> role;
      default ->
          throw ApiException.invalid(
              fields.at() + "role",
              "'" + fields.at() + "role' must be system, developer, user, assistant or tool.");
    };
  }

  private static @Nullable String content(JsonFields fields) throws ApiException {
    JsonNode content = fields.get("content");
    if (content == null || !content.isArray()) {
      if (content != null && !content.isTextual()) {
        throw fields.wrong("content", "a string or a list of parts", content);
      }
      return fields.string("content");
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < content.size(); i++) {
      String at = "content[" + i + "]";
      if (!content.get(i).isObject()) {
        throw fields.wrong(at, "an object", content.get(i));
      }
      text.append(part(new JsonFields(content.get(i), fields.at() + at + ".")));
    }
    return text.toString();
  }

  private static String part(JsonFields part) throws ApiException {
    String type = part.string("type");
    if ("refusal".equals(type)) {
      String refusal = part.string("refusal");
      return refusal == null ? "" : refusal;
    }
    if (type == null || !type.equals("text")) {
      String name = part.at().substring(0, part.at().length() - 1);
      throw ApiException.invalid(
          name, "'" + name + "' is not of type text; a part of another type cannot be read.");
    }
    String text = part.string("text");
    if (text == null) {
      throw ApiException.invalid(part.at() + "text", "'" + part.at() + "text' is missing.");
    }
    return text;
  }
}
