package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Answers checked against the schemas of an OpenAPI document: the words of JSON Schema that the
 * document uses, and a complaint about any other.
 */
final class Shapes {
  private static final List<String> KNOWN =
      List.of(
          "$ref",
          "type",
          "enum",
          "properties",
          "required",
          "additionalProperties",
          "items",
          "description",
          "minimum");

  private final JsonNode document;

  Shapes(JsonNode document) {
    this.document = document;
  }

  /** Checks what an operation answered under a status. */
  void check(String method, String path, int status, JsonNode answer) {
    JsonNode response =
        named(document.path("paths").path(path).path(method).path("responses").path("" + status));
    JsonNode schema = response.path("content").path("application/json").path("schema");
    assertThat(schema.isObject()).as("%s %s %d in the document", method, path, status).isTrue();
    List<String> wrong = new ArrayList<>();
    check(schema, answer, "", wrong);
    assertThat(wrong).as("%s %s: %s", method, path, answer).isEmpty();
  }

  /** What stands there, or where it points to. */
  private JsonNode named(JsonNode node) {
    return node.has("$ref") ? document.at(node.path("$ref").asText().substring(1)) : node;
  }

  private void check(JsonNode schema, JsonNode value, String at, List<String> wrong) {
    schema
        .fieldNames()
        .forEachRemaining(word -> {
          if (!KNOWN.contains(word)) {
            wrong.add(at + ": the schema's word " + word + " is not checked");
          }
        });
    if (schema.has("$ref")) {
      check(named(schema), value, at, wrong);
      return;
    }
    if (schema.has("type") && !fits(schema.path("type"), value)) {
      wrong.add(at + " is " + value + " and not of type " + schema.path("type"));
      return;
    }
    if (schema.has("enum") && !contains(schema.path("enum"), value)) {
      wrong.add(at + " is " + value + " and none of " + schema.path("enum"));
    }
    if (value.isObject()) {
      object(schema, value, at, wrong);
    }
    if (value.isArray() && schema.has("items")) {
      for (int i = 0; i < value.size(); i++) {
        check(schema.path("items"), value.get(i), at + "/" + i, wrong);
      }
    }
  }

  private void object(JsonNode schema, JsonNode value, String at, List<String> wrong) {
    for (JsonNode name : schema.path("required")) {
      if (!value.has(name.asText())) {
        wrong.add(at + " lacks " + name);
      }
    }
    value.forEachEntry((name, field) -> {
      JsonNode known = schema.path("properties").path(name);
      if (known.isObject()) {
        check(known, field, at + "/" + name, wrong);
      } else if (schema.has("additionalProperties")) {
        wrong.add(at + " has " + name + ", which the document does not know");
      }
    });
  }

  private static boolean contains(JsonNode list, JsonNode value) {
    for (JsonNode one : list) {
      if (one.equals(value)) {
        return true;
      }
    }
    return false;
  }

  private static boolean fits(JsonNode types, JsonNode value) {
    if (!types.isArray()) {
      return fits(types.asText(), value);
    }
    for (JsonNode type : types) {
      if (fits(type.asText(), value)) {
        return true;
      }
    }
    return false;
  }

  private static boolean fits(String type, JsonNode value) {
    return switch (type) {
      case "object" -> value.isObject();
      case "array" -> value.isArray();
      case "string" -> value.isTextual();
      case "integer" -> value.isIntegralNumber();
      case "number" -> value.isNumber();
      case "boolean" -> value.isBoolean();
      case "null" -> value.isNull();
      default -> false;
    };
  }
}
