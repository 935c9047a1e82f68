package dev.skein.model.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.model.grammar.form.Expression;
import dev.skein.model.grammar.form.Rules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads a schema into rules: one for each schema in it, equal ones once. */
public final class JsonSchemaReader {
  private static final int DEPTH_MAX = 100;
  private static final int RULES_MAX = 5_000;

  private final SchemaTree tree;
  private final Rules rules = new Rules();
  private final Map<JsonNode, Integer> known = new HashMap<>();
  private int depth;

  private JsonSchemaReader(String text) {
    this.tree = new SchemaTree(text);
  }

  /**
   * The rules of a schema's text.
   *
   * @throws IllegalArgumentException if it is wrong or not supported; one sentence
   */
  public static Rules read(String schema) {
    JsonSchemaReader reader = new JsonSchemaReader(schema);
    reader.value(reader.tree.root(), "#");
    return reader.rules;
  }

  /** What a value under a schema looks like. */
  Expression value(JsonNode schema, String path) {
    Integer before = known.get(schema);
    if (before != null) {
      return new Expression.Reference(before, true);
    }
    if (++depth > DEPTH_MAX || rules.size() == RULES_MAX) {
      throw new SchemaException(
          path,
          "goes too far: schemas are nested at most %d deep and hold at most %d others"
              .formatted(DEPTH_MAX, RULES_MAX));
    }
    int rule = rules.declare(path);
    known.put(schema, rule);
    rules.define(rule, body(tree.flat(schema, path), path));
    depth--;
    return new Expression.Reference(rule, true);
  }

  SchemaTree tree() {
    return tree;
  }

  private Expression body(JsonNode schema, String path) {
    if (schema.isBoolean()) {
      return schema.booleanValue() ? anything(path) : Expression.NOTHING;
    }
    Keywords.check(schema, path);
    for (String keyword : List.of("anyOf", "oneOf")) {
      if (schema.has(keyword)) {
        return branches((ObjectNode) schema, keyword, path);
      }
    }
    if (schema.has("enum") || schema.has("const")) {
      return values(schema, path);
    }
    Set<String> types = Keywords.types(schema, path);
    if (types.contains("number")) {
      types.remove("integer");
    }
    List<Expression> branches = new ArrayList<>();
    for (String type : types) {
      branches.add(ofType(type, schema, path));
    }
    return Expression.choice(branches);
  }

  private Expression anything(String path) {
    List<Expression> branches = new ArrayList<>();
    ObjectNode empty = com.fasterxml.jackson.databind.node.JsonNodeFactory.instance.objectNode();
    for (String type : List.of("object", "array", "string", "number", "boolean", "null")) {
      branches.add(value(empty.deepCopy().put("type", type), path));
    }
    return Expression.choice(branches);
  }

  private Expression ofType(String type, JsonNode schema, String path) {
    return switch (type) {
      case "object" -> new ObjectForms(this, schema, path).form();
      case "array" -> new ArrayForms(this, schema, path).form();
      case "string" -> StringForms.of(schema, path);
      case "integer" -> new NumberForms(schema, path).number(true);
      case "number" -> new NumberForms(schema, path).number(false);
      case "boolean" -> Expression.choice(Expression.text("true"), Expression.text("false"));
      default -> Expression.text("null");
    };
  }

  /** Each branch joined with what stands beside them. */
  private Expression branches(ObjectNode schema, String keyword, String path) {
    JsonNode list = schema.get(keyword);
    if (!list.isArray() || list.isEmpty()) {
      throw new SchemaException(path, "has a \"%s\" that is no list of schemas".formatted(keyword));
    }
    ObjectNode beside = schema.deepCopy();
    beside.remove(keyword);
    beside.remove(Keywords.ANNOTATIONS);
    List<JsonNode> joined = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      String place = path + "/" + keyword + "/" + i;
      JsonNode branch = tree.flat(list.get(i), place);
      joined.add(beside.isEmpty() ? list.get(i) : new SchemaMerge(place).merge(beside, branch));
    }
    if (keyword.equals("oneOf")) {
      new Exclusion(tree, path).check(joined);
    }
    List<Expression> branches = new ArrayList<>();
    for (int i = 0; i < joined.size(); i++) {
      branches.add(value(joined.get(i), path + "/" + keyword + "/" + i));
    }
    return Expression.choice(branches);
  }

  /** The values of {@code enum} or {@code const} that have the right type. */
  private static Expression values(JsonNode schema, String path) {
    schema
        .fieldNames()
        .forEachRemaining(name -> {
          if (!Set.of("enum", "const", "type").contains(name)
              && !Keywords.ANNOTATIONS.contains(name)) {
            throw new SchemaException(
                path, "has \"%s\" beside fixed values, which is not supported".formatted(name));
          }
        });
    List<Expression> values = new ArrayList<>();
    for (JsonNode value : fixedValues(schema, path)) {
      if (!schema.has("type") || isOf(Keywords.types(schema, path), value)) {
        values.add(JsonText.literal(value));
      }
    }
    return Expression.choice(values);
  }

  /** What {@code enum} and {@code const} allow. */
  static List<JsonNode> fixedValues(JsonNode schema, String path) {
    List<JsonNode> values = new ArrayList<>();
    JsonNode constant = schema.get("const");
    JsonNode list = schema.get("enum");
    if (list == null) {
      if (constant != null) {
        values.add(constant);
      }
      return values;
    }
    if (!list.isArray()) {
      throw new SchemaException(path, "has an \"enum\" that is no list");
    }
    for (JsonNode value : list) {
      if (constant == null || constant.equals(value)) {
        values.add(value);
      }
    }
    return values;
  }

  static boolean isOf(Set<String> types, JsonNode value) {
    return types.contains(typeOf(value)) || (value.isIntegralNumber() && types.contains("number"));
  }

  static String typeOf(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT -> "object";
      case ARRAY -> "array";
      case STRING -> "string";
      case BOOLEAN -> "boolean";
      case NUMBER -> value.isIntegralNumber() ? "integer" : "number";
      default -> "null";
    };
  }

  /** A schema that allows all. */
  static JsonNode all() {
    return BooleanNode.TRUE;
  }
}
