package dev.skein.model.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Two schemas as one that allows what both allow. Their own parts are joined by {@code allOf}, to
 * be merged when they are needed.
 */
final class SchemaMerge {
  private static final int BRANCHES_MAX = 64;
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final String path;

  SchemaMerge(String path) {
    this.path = path;
  }

  /** Neither has a reference or {@code allOf} at its top. */
  JsonNode merge(JsonNode a, JsonNode b) {
    if (a.isBoolean() || b.isBoolean()) {
      JsonNode trivial = a.isBoolean() ? a : b;
      return trivial.booleanValue() ? (a.isBoolean() ? b : a) : BooleanNode.FALSE;
    }
    ObjectNode first = asSet((ObjectNode) a);
    ObjectNode second = asSet((ObjectNode) b);
    ObjectNode merged = first.deepCopy();
    for (var member : second.properties()) {
      String name = member.getKey();
      JsonNode mine = first.get(name);
      if (!Keywords.ANNOTATIONS.contains(name)) {
        merged.set(name, mine == null ? member.getValue() : join(name, mine, member.getValue()));
      }
    }
    closeProperties(first, second, merged);
    closeProperties(second, first, merged);
    return merged;
  }

  /** {@code const} as a list of one. */
  private static ObjectNode asSet(ObjectNode schema) {
    JsonNode constant = schema.get("const");
    if (constant == null) {
      return schema;
    }
    ObjectNode copy = schema.deepCopy();
    copy.remove("const");
    ArrayNode one = NODES.arrayNode().add(constant);
    JsonNode values = copy.get("enum");
    copy.set("enum", values == null ? one : common(values, one));
    return copy;
  }

  private JsonNode join(String name, JsonNode a, JsonNode b) {
    return switch (name) {
      case "type" -> types(a, b);
      case "enum" -> common(a, b);
      case "properties" -> properties(a, b);
      case "required" -> union(a, b);
      case "minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties" ->
          a.decimalValue().compareTo(b.decimalValue()) >= 0 ? a : b;
      case "maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties" ->
          a.decimalValue().compareTo(b.decimalValue()) <= 0 ? a : b;
      case "items", "additionalProperties" -> both(a, b);
      case "anyOf", "oneOf" -> pairs(name, a, b);
      default -> {
        if (!a.equals(b)) {
          throw new SchemaException(
              path, "joins two different values of \"%s\", which is not supported".formatted(name));
        }
        yield a;
      }
    };
  }

  private JsonNode types(JsonNode a, JsonNode b) {
    Set<String> left = Keywords.types(NODES.objectNode().set("type", a), path);
    Set<String> right = Keywords.types(NODES.objectNode().set("type", b), path);
    Set<String> shared = new LinkedHashSet<>();
    for (String type : Keywords.TYPES) {
      if (has(left, type) && has(right, type)) {
        shared.add(type);
      }
    }
    if (shared.contains("number")) {
      shared.remove("integer");
    }
    if (shared.isEmpty()) {
      throw new SchemaException(path, "joins schemas that have no type in common");
    }
    ArrayNode types = NODES.arrayNode();
    shared.forEach(types::add);
    return types;
  }

  private static boolean has(Set<String> types, String type) {
    return types.contains(type) || (type.equals("integer") && types.contains("number"));
  }

  private static ArrayNode common(JsonNode a, JsonNode b) {
    ArrayNode common = NODES.arrayNode();
    for (JsonNode value : a) {
      for (JsonNode other : b) {
        if (value.equals(other)) {
          common.add(value);
          break;
        }
      }
    }
    return common;
  }

  private static ObjectNode properties(JsonNode a, JsonNode b) {
    ObjectNode joined = NODES.objectNode();
    joined.setAll((ObjectNode) a);
    for (var member : b.properties()) {
      JsonNode mine = joined.get(member.getKey());
      joined.set(member.getKey(), mine == null ? member.getValue() : both(mine, member.getValue()));
    }
    return joined;
  }

  private static ArrayNode union(JsonNode a, JsonNode b) {
    Set<JsonNode> names = new LinkedHashSet<>();
    a.forEach(names::add);
    b.forEach(names::add);
    return NODES.arrayNode().addAll(names);
  }

  private static JsonNode both(JsonNode a, JsonNode b) {
    if (a.equals(b)) {
      return a;
    }
    return NODES.objectNode().set("allOf", NODES.arrayNode().add(a).add(b));
  }

  private ArrayNode pairs(String name, JsonNode a, JsonNode b) {
    if (a.size() * b.size() > BRANCHES_MAX) {
      throw new SchemaException(
          path, "joins \"%s\" into more than %d branches".formatted(name, BRANCHES_MAX));
    }
    ArrayNode pairs = NODES.arrayNode();
    for (JsonNode left : a) {
      for (JsonNode right : b) {
        pairs.add(both(left, right));
      }
    }
    return pairs;
  }

  /** Members that only {@code other} names must be what {@code closing} says of further members. */
  private static void closeProperties(ObjectNode closing, ObjectNode other, ObjectNode merged) {
    JsonNode further = closing.get("additionalProperties");
    JsonNode theirs = other.get("properties");
    if (further == null || theirs == null) {
      return;
    }
    JsonNode mine = closing.get("properties");
    ObjectNode properties = ((ObjectNode) merged.get("properties")).deepCopy();
    for (var member : theirs.properties()) {
      if (!has(mine, member.getKey())) {
        properties.set(member.getKey(), both(member.getValue(), further));
      }
    }
    merged.set("properties", properties);
  }

  private static boolean has(@Nullable JsonNode properties, String name) {
    return properties != null && properties.has(name);
  }
}
