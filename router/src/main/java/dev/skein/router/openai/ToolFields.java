package dev.skein.router.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.proto.Constraint;
import dev.skein.proto.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The functions that a model may call. They are told to it as text before the conversation; a call
 * is an answer of the form {@code {"name":…,"arguments":{…}}}. Where a call is required, the
 * request's constraint leaves nothing else, so that name and arguments always fit the functions'
 * schemas; where it is up to the model, its answer is taken for a call if it has that form.
 */
public final class ToolFields {
  private static final int TOOLS_MAX = 128;
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_.-]{1,64}");
  private static final String SYSTEM = "system";

  private record Tool(String name, ObjectNode told, ObjectNode parameters) {}

  private enum Choice {
    NONE,
    AUTO,
    REQUIRED
  }

  private ToolFields() {}

  /**
   * Puts the functions and what must be called into the request, before its messages are read.
   *
   * @param nested whether a function stands in a field {@code function}, as in chat completions
   * @return names of the functions that may be called
   */
  public static List<String> read(JsonFields fields, Request.Builder request, boolean nested)
      throws ApiException {
    List<Tool> tools = tools(fields, nested);
    List<Tool> callable = tools;
    Choice choice = tools.isEmpty() ? Choice.NONE : Choice.AUTO;
    JsonNode wish = fields.get("tool_choice");
    if (wish != null && wish.isTextual()) {
      choice = choice(fields, wish, tools);
    } else if (wish != null) {
      callable = List.of(named(fields, wish, tools, nested));
      choice = Choice.REQUIRED;
    }
    if (choice == Choice.NONE) {
      return List.of();
    }
    request.addMessagesBuilder().setRole(SYSTEM).setContent(told(tools));
    if (choice == Choice.REQUIRED) {
      request.setConstraint(Constraint.newBuilder().setJsonSchema(Json.text(schema(callable))));
    }
    return callable.stream().map(Tool::name).toList();
  }

  private static List<Tool> tools(JsonFields fields, boolean nested) throws ApiException {
    JsonNode list = fields.get("tools");
    List<Tool> tools = new ArrayList<>();
    if (list == null) {
      return tools;
    }
    if (!list.isArray() || list.size() > TOOLS_MAX) {
      throw fields.wrong("tools", "a list of at most " + TOOLS_MAX + " functions", list);
    }
    for (int i = 0; i < list.size(); i++) {
      String at = "tools[" + i + "]";
      if (!list.get(i).isObject()) {
        throw fields.wrong(at, "an object", list.get(i));
      }
      JsonFields tool = new JsonFields(list.get(i), at + ".");
      if (!"function".equals(tool.string("type"))) {
        throw ApiException.invalid(at + ".type", "'" + at + ".type' must be \"function\".");
      }
      tools.add(tool(nested ? inner(tool, "function") : tool));
    }
    return tools;
  }

  private static JsonFields inner(JsonFields fields, String name) throws ApiException {
    JsonNode node = fields.get(name);
    if (node == null || !node.isObject()) {
      throw ApiException.invalid(
          fields.at() + name, "'" + fields.at() + name + "' must be an object.");
    }
    return new JsonFields(node, fields.at() + name + ".");
  }

  private static Tool tool(JsonFields function) throws ApiException {
    String name = function.string("name");
    if (name == null || !NAME.matcher(name).matches()) {
      throw ApiException.invalid(
          function.at() + "name",
          "'"
              + function.at()
              + "name' must be 1 to 64 letters, digits, dots, dashes and underscores.");
    }
    JsonNode parameters = function.get("parameters");
    if (parameters != null && !parameters.isObject()) {
      throw function.wrong("parameters", "a JSON schema of type object", parameters);
    }
    ObjectNode told = JsonNodeFactory.instance.objectNode().put("name", name);
    String description = function.string("description");
    if (description != null) {
      told.put("description", description);
    }
    ObjectNode schema =
        parameters instanceof ObjectNode given && !given.isEmpty() ? given : withoutParameters();
    told.set("parameters", schema);
    return new Tool(name, told, schema);
  }

  private static ObjectNode withoutParameters() {
    ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "object");
    schema.putObject("properties");
    return schema.put("additionalProperties", false);
  }

  private static Choice choice(JsonFields fields, JsonNode wish, List<Tool> tools)
      throws ApiException {
    Choice choice =
        switch (wish.textValue()) {
          case "none" -> Choice.NONE;
          case "auto" -> tools.isEmpty() ? Choice.NONE : Choice.AUTO;
          case "required" -> Choice.REQUIRED;
          default ->
              throw fields.wrong(
                  "tool_choice", "\"none\", \"auto\", \"required\" or a function", wish);
        };
    if (choice == Choice.REQUIRED && tools.isEmpty()) {
      throw ApiException.invalid(
          "tool_choice", "'tool_choice' requires a call, and 'tools' is empty.");
    }
    return choice;
  }

  private static Tool named(JsonFields fields, JsonNode wish, List<Tool> tools, boolean nested)
      throws ApiException {
    if (!wish.isObject() || !wish.path("type").asText().equals("function")) {
      throw fields.wrong("tool_choice", "\"none\", \"auto\", \"required\" or a function", wish);
    }
    JsonFields choice = new JsonFields(wish, "tool_choice.");
    JsonFields function = nested ? inner(choice, "function") : choice;
    String name = function.string("name");
    for (Tool tool : tools) {
      if (tool.name().equals(name)) {
        return tool;
      }
    }
    throw ApiException.invalid(
        function.at() + "name", "'" + function.at() + "name' is not the name of one of 'tools'.");
  }

  private static String told(List<Tool> tools) {
    StringBuilder text =
        new StringBuilder(
            "Functions that may be called. To call one, answer with nothing but"
                + " {\"name\": its name, \"arguments\": {its arguments}}.");
    for (Tool tool : tools) {
      text.append('\n').append(Json.text(tool.told()));
    }
    return text.toString();
  }

  /** A call of one of the functions. Schemas move into definitions, and their references along. */
  private static ObjectNode schema(List<Tool> tools) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    ArrayNode calls = JsonNodeFactory.instance.arrayNode();
    ObjectNode definitions = JsonNodeFactory.instance.objectNode();
    for (int i = 0; i < tools.size(); i++) {
      Tool tool = tools.get(i);
      ObjectNode call = calls.addObject().put("type", "object");
      ObjectNode properties = call.putObject("properties");
      properties.putObject("name").put("const", tool.name());
      properties.putObject("arguments").put("$ref", "#/$defs/" + i);
      call.putArray("required").add("name").add("arguments");
      call.put("additionalProperties", false);
      JsonNode moved = moved(tool.parameters(), "#/$defs/" + i);
      if (moved instanceof ObjectNode object && !object.has("type")) {
        object.put("type", "object");
      }
      definitions.set(Integer.toString(i), moved);
    }
    if (calls.size() == 1) {
      root.setAll((ObjectNode) calls.get(0));
    } else {
      root.set("anyOf", calls);
    }
    root.set("$defs", definitions);
    return root;
  }

  private static JsonNode moved(JsonNode schema, String to) {
    if (schema.isArray()) {
      ArrayNode list = JsonNodeFactory.instance.arrayNode();
      schema.forEach(entry -> list.add(moved(entry, to)));
      return list;
    }
    if (!schema.isObject()) {
      return schema;
    }
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    for (Map.Entry<String, JsonNode> field : schema.properties()) {
      JsonNode value = field.getValue();
      boolean isLocal =
          field.getKey().equals("$ref") && value.isTextual() && value.textValue().startsWith("#");
      object.set(
          field.getKey(),
          isLocal
              ? JsonNodeFactory.instance.textNode(to + value.textValue().substring(1))
              : moved(value, to));
    }
    return object;
  }

  /** A call that the model made before, as it stands in the conversation. */
  public static String spoken(@Nullable String name, String arguments) {
    return "{\"name\":"
        + JsonNodeFactory.instance.textNode(name == null ? "" : name)
        + ",\"arguments\":"
        + (arguments.isBlank() ? "{}" : arguments)
        + "}";
  }
}
