package dev.skein.model.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Whether no value that is written for one branch of {@code oneOf} is valid for another: they
 * differ in type, in fixed values, in their range, or as objects in the members that one requires
 * and the other cannot have, or in the fixed value of a member.
 */
final class Exclusion {
  private final SchemaTree tree;
  private final String path;

  Exclusion(SchemaTree tree, String path) {
    this.tree = tree;
    this.path = path;
  }

  void check(List<JsonNode> branches) {
    List<JsonNode> flat = branches.stream().map(branch -> tree.flat(branch, path)).toList();
    for (int i = 0; i < flat.size(); i++) {
      for (int j = 0; j < flat.size(); j++) {
        if (i != j && !excludes(flat.get(i), flat.get(j))) {
          throw new SchemaException(
              path,
              "has a \"oneOf\" in which a value of branch %d may be one of branch %d too; use \"anyOf\""
                      .formatted(i, j)
                  + ", or give the branches a required property with different \"const\"");
        }
      }
    }
  }

  /** No value that is written for {@code a} is valid for {@code b}. */
  private boolean excludes(JsonNode a, JsonNode b) {
    if (a.equals(BooleanNode.FALSE) || b.equals(BooleanNode.FALSE)) {
      return true;
    }
    Set<String> shared = sharedTypes(a, b);
    if (shared.isEmpty() || valuesDiffer(a, b)) {
      return true;
    }
    return switch (shared.size() == 1 ? shared.iterator().next() : "") {
      case "object" -> membersExclude(a, b);
      case "integer", "number" -> isBelow(a, b) || isBelow(b, a);
      default -> false;
    };
  }

  private Set<String> sharedTypes(JsonNode a, JsonNode b) {
    Set<String> left = types(a);
    Set<String> right = valid(b);
    Set<String> shared = new TreeSet<>();
    for (String type : left) {
      if (right.contains(type)) {
        shared.add(type);
      } else if (type.equals("integer") && right.contains("number")) {
        shared.add("number");
      } else if (type.equals("number") && right.contains("integer")) {
        shared.add("integer");
      }
    }
    return shared;
  }

  /** Types that are written. */
  private Set<String> types(JsonNode schema) {
    List<JsonNode> values = values(schema);
    if (values.isEmpty()) {
      return schema.isBoolean() ? new TreeSet<>(Keywords.TYPES) : Keywords.types(schema, path);
    }
    Set<String> types = new TreeSet<>();
    values.forEach(value -> types.add(JsonSchemaReader.typeOf(value)));
    return types;
  }

  /** Types that are valid: a schema that names none forbids none. */
  private Set<String> valid(JsonNode schema) {
    return schema.has("type") || !values(schema).isEmpty()
        ? types(schema)
        : new TreeSet<>(Keywords.TYPES);
  }

  private List<JsonNode> values(JsonNode schema) {
    return schema.isBoolean() ? List.of() : JsonSchemaReader.fixedValues(schema, path);
  }

  private boolean valuesDiffer(JsonNode a, JsonNode b) {
    List<JsonNode> left = values(a);
    List<JsonNode> right = values(b);
    return !left.isEmpty() && !right.isEmpty() && left.stream().noneMatch(right::contains);
  }

  private boolean isBelow(JsonNode a, JsonNode b) {
    BigDecimal top = tightest(a, "maximum", "exclusiveMaximum", true);
    BigDecimal bottom = tightest(b, "minimum", "exclusiveMinimum", false);
    return top != null && bottom != null && top.compareTo(bottom) < 0;
  }

  private @Nullable BigDecimal tightest(
      JsonNode schema, String keyword, String exclusive, boolean least) {
    BigDecimal a = Keywords.number(schema, keyword, path);
    BigDecimal b = Keywords.number(schema, exclusive, path);
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    return least ? a.min(b) : a.max(b);
  }

  private boolean membersExclude(JsonNode a, JsonNode b) {
    JsonNode mine = a.path("properties");
    JsonNode theirs = b.path("properties");
    boolean writesOthers =
        a.has("additionalProperties")
            ? !a.get("additionalProperties").equals(BooleanNode.FALSE)
            : mine.isEmpty() && a.path("required").isEmpty();
    for (JsonNode name : b.path("required")) {
      boolean written = mine.has(name.asText()) || requires(a, name.asText());
      if (!written && !writesOthers) {
        return true;
      }
    }
    for (JsonNode name : a.path("required")) {
      String key = name.asText();
      if (!theirs.has(key) && b.path("additionalProperties").equals(BooleanNode.FALSE)) {
        return true;
      }
      if (mine.has(key)
          && theirs.has(key)
          && excludes(tree.flat(mine.get(key), path), tree.flat(theirs.get(key), path))) {
        return true;
      }
    }
    return false;
  }

  private static boolean requires(JsonNode schema, String name) {
    Set<String> names = new HashSet<>();
    schema.path("required").forEach(one -> names.add(one.asText()));
    return names.contains(name);
  }
}
