package dev.skein.router.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.proto.Choices;
import dev.skein.proto.Constraint;
import dev.skein.proto.Request;
import org.jspecify.annotations.Nullable;

/**
 * The form that the answer must have: {@code response_format} of the API, {@code text.format} of
 * responses, and {@code constraint}, which knows also regular expressions, lists of choices and
 * grammars.
 */
public final class FormatField {
  private static final int CHOICES_MAX = 1_024;

  private FormatField() {}

  /** Reads {@code response_format} and {@code constraint}. */
  static void read(JsonFields fields, Request.Builder request) throws ApiException {
    JsonNode format = fields.get("response_format");
    Constraint asked = format == null ? null : format(fields, "response_format", format, true);
    JsonNode constraint = fields.get("constraint");
    if (constraint != null) {
      if (asked != null) {
        throw ApiException.invalid(
            "constraint", "'constraint' and 'response_format' may not both be given.");
      }
      asked = constraint(fields, constraint);
    }
    put(asked, request);
  }

  /** A required call of a function is a constraint already, and stays. */
  public static void put(@Nullable Constraint asked, Request.Builder request) {
    if (asked != null && !request.hasConstraint()) {
      request.setConstraint(asked);
    }
  }

  /**
   * Reads a format; null if it allows everything.
   *
   * @param nested whether the schema stands in a field {@code json_schema}, as in chat completions
   */
  public static @Nullable Constraint format(
      JsonFields fields, String name, JsonNode format, boolean nested) throws ApiException {
    if (!format.isObject()) {
      throw fields.wrong(name, "an object", format);
    }
    String at = fields.at() + name + ".";
    JsonFields inner = new JsonFields(format, at);
    String type = inner.string("type");
    return switch (type) {
      case "text" -> null;
      case "json_object" -> Constraint.newBuilder().setJsonObject(true).build();
      case "json_schema" -> {
        JsonNode holder = nested ? inner.get("json_schema") : format;
        if (holder == null || !holder.isObject()) {
          throw ApiException.invalid(
              at + "json_schema", "'" + at + "json_schema' must be an object.");
        }
        JsonNode schema = holder.get("schema");
        if (!(schema instanceof ObjectNode object)) {
          String where = nested ? at + "json_schema.schema" : at + "schema";
          throw ApiException.invalid(where, "'" + where + "' must be a JSON schema.");
        }
        yield Constraint.newBuilder().setJsonSchema(Json.text(object)).build();
      }
      case null, default ->
          throw ApiException.invalid(
              at + "type", "'" + at + "type' must be text, json_object or json_schema.");
    };
  }

  private static Constraint constraint(JsonFields fields, JsonNode node) throws ApiException {
    if (!node.isObject() || node.size() != 1) {
      throw fields.wrong(
          "constraint",
          "an object with one of json_schema, json_object, regex, choices and gbnf",
          node);
    }
    JsonFields inner = new JsonFields(node, "constraint.");
    Constraint.Builder constraint = Constraint.newBuilder();
    String kind = node.fieldNames().next();
    switch (kind) {
      case "json_schema" -> {
        JsonNode schema = node.get(kind);
        constraint.setJsonSchema(
            schema instanceof ObjectNode object ? Json.text(object) : text(inner, kind));
      }
      case "json_object" -> constraint.setJsonObject(inner.flag(kind));
      case "regex" -> constraint.setRegex(text(inner, kind));
      case "gbnf" -> constraint.setGbnf(text(inner, kind));
      case "choices" -> constraint.setChoices(choices(inner, node.get(kind)));
      default ->
          throw ApiException.invalid(
              "constraint." + kind, "'constraint." + kind + "' is not a kind of constraint.");
    }
    return constraint.build();
  }

  private static String text(JsonFields fields, String name) throws ApiException {
    String text = fields.string(name);
    if (text == null || text.isEmpty()) {
      throw ApiException.invalid(fields.at() + name, "'" + fields.at() + name + "' is empty.");
    }
    return text;
  }

  private static Choices choices(JsonFields fields, JsonNode list) throws ApiException {
    if (!list.isArray() || list.isEmpty() || list.size() > CHOICES_MAX) {
      throw fields.wrong("choices", "a list of 1 to " + CHOICES_MAX + " texts", list);
    }
    Choices.Builder choices = Choices.newBuilder();
    for (JsonNode choice : list) {
      if (!choice.isTextual() || choice.textValue().isEmpty()) {
        throw fields.wrong("choices", "a list of texts", choice);
      }
      choices.addChoice(JsonFields.wellFormed(choice.textValue()));
    }
    return choices.build();
  }
}
