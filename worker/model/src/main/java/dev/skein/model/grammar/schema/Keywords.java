package dev.skein.model.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The keywords of a schema: which there are, of which type, and how they are read. */
final class Keywords {
  static final List<String> TYPES =
      List.of("object", "array", "string", "integer", "number", "boolean", "null");

  /** They say nothing about what is valid. */
  static final Set<String> ANNOTATIONS =
      Set.of(
          "$schema",
          "$id",
          "$anchor",
          "$comment",
          "$defs",
          "definitions",
          "title",
          "description",
          "default",
          "examples",
          "deprecated",
          "readOnly",
          "writeOnly",
          "contentMediaType",
          "contentEncoding");

  private static final Set<String> ANYWHERE =
      Set.of("type", "enum", "const", "$ref", "allOf", "anyOf", "oneOf");

  private static final Map<String, String> OF_TYPE =
      Map.ofEntries(
          Map.entry("properties", "object"),
          Map.entry("required", "object"),
          Map.entry("additionalProperties", "object"),
          Map.entry("minProperties", "object"),
          Map.entry("maxProperties", "object"),
          Map.entry("items", "array"),
          Map.entry("prefixItems", "array"),
          Map.entry("minItems", "array"),
          Map.entry("maxItems", "array"),
          Map.entry("uniqueItems", "array"),
          Map.entry("minLength", "string"),
          Map.entry("maxLength", "string"),
          Map.entry("pattern", "string"),
          Map.entry("format", "string"),
          Map.entry("minimum", "number"),
          Map.entry("maximum", "number"),
          Map.entry("exclusiveMinimum", "number"),
          Map.entry("exclusiveMaximum", "number"),
          Map.entry("multipleOf", "number"));

  private Keywords() {}

  /** Refuses what is not known here, by name. */
  static void check(JsonNode schema, String path) {
    schema
        .fieldNames()
        .forEachRemaining(name -> {
          if (!ANNOTATIONS.contains(name)
              && !ANYWHERE.contains(name)
              && !OF_TYPE.containsKey(name)) {
            throw SchemaException.unsupported(path, name);
          }
        });
  }

  /** The types that a schema allows, as far as its keywords tell; all if they tell none. */
  static Set<String> types(JsonNode schema, String path) {
    JsonNode type = schema.get("type");
    Set<String> types = new TreeSet<>();
    if (type == null) {
      schema.fieldNames().forEachRemaining(name -> addTypeOf(name, types));
      return types.isEmpty() ? new TreeSet<>(TYPES) : types;
    }
    for (JsonNode one : type.isArray() ? type : List.of(type)) {
      if (!TYPES.contains(one.asText())) {
        throw new SchemaException(path, "names the type " + one + ", which there is not");
      }
      types.add(one.asText());
    }
    return types;
  }

  private static void addTypeOf(String keyword, Set<String> types) {
    String type = OF_TYPE.get(keyword);
    if (type != null) {
      types.add(type);
    }
  }

  /** A count, or what is meant without it. */
  static int count(JsonNode schema, String keyword, int otherwise, String path) {
    JsonNode value = schema.get(keyword);
    if (value == null) {
      return otherwise;
    }
    if (!value.isNumber()
        || value.decimalValue().stripTrailingZeros().scale() > 0
        || value.decimalValue().signum() < 0
        || value.decimalValue().compareTo(BigDecimal.valueOf(Integer.MAX_VALUE)) >= 0) {
      throw new SchemaException(path, "has a \"%s\" that is no count".formatted(keyword));
    }
    return value.decimalValue().intValueExact();
  }

  /** A number; null if there is none. */
  static @Nullable BigDecimal number(JsonNode schema, String keyword, String path) {
    JsonNode value = schema.get(keyword);
    if (value == null) {
      return null;
    }
    if (!value.isNumber()) {
      throw new SchemaException(path, "has a \"%s\" that is no number".formatted(keyword));
    }
    return value.decimalValue();
  }
}
