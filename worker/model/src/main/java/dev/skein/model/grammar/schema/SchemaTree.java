package dev.skein.model.grammar.schema;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/** A whole schema, in which references are looked up and {@code allOf} is merged away. */
final class SchemaTree {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();
  private static final int CHAIN_MAX = 64;

  private final JsonNode root;

  SchemaTree(String text) {
    try {
      this.root = MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "The schema is no JSON: line %d, column %d is wrong."
              .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr()),
          e);
    }
  }

  JsonNode root() {
    return root;
  }

  private JsonNode target(JsonNode reference, String path) {
    String text = reference.asText();
    if (!reference.isTextual() || !text.startsWith("#")) {
      throw new SchemaException(
          path,
          "refers to %s; only references within the schema are supported".formatted(reference));
    }
    try {
      JsonNode target =
          root.at(
              JsonPointer.compile(URLDecoder.decode(text.substring(1), StandardCharsets.UTF_8)));
      if (!target.isMissingNode()) {
        return target;
      }
    } catch (IllegalArgumentException e) {
      throw new SchemaException(path, "refers to \"%s\", which is no JSON pointer".formatted(text));
    }
    throw new SchemaException(path, "refers to \"%s\", which is not there".formatted(text));
  }

  /** The same schema without {@code $ref} and {@code allOf} at its top. */
  JsonNode flat(JsonNode schema, String path) {
    return flat(schema, path, 0);
  }

  private JsonNode flat(JsonNode schema, String path, int chain) {
    if (chain > CHAIN_MAX) {
      throw new SchemaException(path, "refers to itself without saying anything");
    }
    if (!schema.isObject() && !schema.isBoolean()) {
      throw new SchemaException(path, "must be an object, true or false");
    }
    JsonNode reference = schema.get("$ref");
    JsonNode all = schema.get("allOf");
    if (reference == null && all == null) {
      return schema;
    }
    ObjectNode rest = ((ObjectNode) schema).objectNode();
    for (var member : schema.properties()) {
      String name = member.getKey();
      if (!name.equals("$ref") && !name.equals("allOf") && !Keywords.ANNOTATIONS.contains(name)) {
        rest.set(name, member.getValue());
      }
    }
    JsonNode result = rest;
    if (reference != null) {
      JsonNode referred = flat(target(reference, path), path, chain + 1);
      result = rest.isEmpty() ? referred : new SchemaMerge(path).merge(referred, result);
    }
    if (all != null) {
      if (!all.isArray() || all.isEmpty()) {
        throw new SchemaException(path, "has an \"allOf\" that is no list of schemas");
      }
      for (JsonNode part : all) {
        result = new SchemaMerge(path).merge(result, flat(part, path, chain + 1));
      }
    }
    return result;
  }
}
