package dev.skein.router.openai.responses;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.proto.ChatMessage;
import dev.skein.proto.Request;
import dev.skein.router.openai.ApiException;
import dev.skein.router.openai.JsonFields;
import dev.skein.router.openai.ToolFields;
import org.jspecify.annotations.Nullable;

/** What a response is asked for with: a text, or items of a conversation. */
final class ResponseInput {
  private static final int ITEMS_MAX = 8_192;
  private static final int CALL_ID_CHARS_MAX = 256;

  private ResponseInput() {}

  /** Reads the instructions; how many messages they make. */
  static int instructions(JsonFields fields, Request.Builder request) throws ApiException {
    String instructions = fields.string("instructions");
    if (instructions == null || instructions.isEmpty()) {
      return 0;
    }
    say(request, "system", instructions);
    return 1;
  }

  /** Reads the input. A call and what came out of it keep the call's id as the speaker's name. */
  static void read(JsonFields fields, Request.Builder request) throws ApiException {
    JsonNode input = fields.get("input");
    if (input == null) {
      throw ApiException.invalid("input", "'input' is missing.");
    }
    if (input.isTextual() && !input.textValue().isEmpty()) {
      say(request, "user", JsonFields.wellFormed(input.textValue()));
      return;
    }
    if (!input.isArray() || input.isEmpty() || input.size() > ITEMS_MAX) {
      throw fields.wrong("input", "a text or a list of 1 to " + ITEMS_MAX + " items", input);
    }
    for (int i = 0; i < input.size(); i++) {
      String at = "input[" + i + "]";
      if (!input.get(i).isObject()) {
        throw fields.wrong(at, "an object", input.get(i));
      }
      item(new JsonFields(input.get(i), at + "."), request);
    }
  }

  private static ChatMessage.Builder say(Request.Builder request, String role, String content) {
    return request.addMessagesBuilder().setRole(role).setContent(content);
  }

  private static void called(Request.Builder request, String role, String content, String id) {
    say(request, role, content).setName(id);
  }

  private static String callId(JsonFields item) throws ApiException {
    String id = item.string("call_id");
    if (id != null && id.length() > CALL_ID_CHARS_MAX) {
      throw ApiException.invalid(item.at() + "call_id", "'" + item.at() + "call_id' is too long.");
    }
    return id == null ? "" : id;
  }

  private static void item(JsonFields item, Request.Builder request) throws ApiException {
    String type = item.string("type");
    switch (type) {
      case null -> message(item, request);
      case "message" -> message(item, request);
      case "reasoning" -> {
        // The session's state has read its own thoughts; others' are not told to a model.
      }
      case "function_call" ->
          called(
              request,
              "assistant",
              ToolFields.spoken(item.string("name"), needed(item, "arguments")),
              callId(item));
      case "function_call_output" -> called(request, "tool", text(item, "output"), callId(item));
      default ->
          throw ApiException.invalid(
              item.at() + "type",
              "'" + item.at() + "type' is not a kind of item that can be read.");
    }
  }

  private static void message(JsonFields item, Request.Builder request) throws ApiException {
    String role = item.string("role");
    switch (role) {
      case "developer" -> say(request, "system", text(item, "content"));
      case "system", "user", "assistant" -> say(request, role, text(item, "content"));
      case null, default ->
          throw ApiException.invalid(
              item.at() + "role",
              "'" + item.at() + "role' must be system, developer, user or assistant.");
    }
  }

  private static String needed(JsonFields item, String name) throws ApiException {
    @Nullable String value = item.string(name);
    if (value == null) {
      throw ApiException.invalid(item.at() + name, "'" + item.at() + name + "' is missing.");
    }
    return value;
  }

  private static String text(JsonFields item, String name) throws ApiException {
    JsonNode content = item.get(name);
    if (content == null || !content.isArray()) {
      return needed(item, name);
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < content.size(); i++) {
      String at = item.at() + name + "[" + i + "]";
      JsonNode part = content.get(i);
      String type = part.path("type").asText();
      boolean isText =
          type.equals("input_text") || type.equals("output_text") || type.equals("text");
      if (!isText || !part.path("text").isTextual()) {
        throw ApiException.invalid(
            at, "'" + at + "' is not a part of text; a part of another type cannot be read.");
      }
      text.append(JsonFields.wellFormed(part.path("text").textValue()));
    }
    return text.toString();
  }
}
