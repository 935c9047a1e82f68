package dev.skein.model.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.skein.model.grammar.form.Expression;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Objects: the named members in the order of the schema, then others, where there may be some. */
final class ObjectForms {
  private static final int MEMBERS_MAX = 500;

  private final JsonSchemaReader reader;
  private final JsonNode schema;
  private final String path;
  private final Map<String, JsonNode> properties = new LinkedHashMap<>();
  private final Set<String> required = new LinkedHashSet<>();
  private final @Nullable JsonNode further;

  ObjectForms(JsonSchemaReader reader, JsonNode schema, String path) {
    this.reader = reader;
    this.schema = schema;
    this.path = path;
    JsonNode named = schema.get("properties");
    if (named != null && !named.isObject()) {
      throw new SchemaException(path, "has \"properties\" that are no object");
    }
    if (named != null) {
      named.properties().forEach(member -> properties.put(member.getKey(), member.getValue()));
    }
    JsonNode asked = schema.get("additionalProperties");
    JsonNode names = schema.get("required");
    if (names != null && !names.isArray()) {
      throw new SchemaException(path, "has a \"required\" that is no list");
    }
    if (names != null) {
      for (JsonNode name : names) {
        required.add(name.asText());
        properties.putIfAbsent(name.asText(), asked == null ? JsonSchemaReader.all() : asked);
      }
    }
    if (properties.size() > MEMBERS_MAX) {
      throw new SchemaException(path, "names more than %d properties".formatted(MEMBERS_MAX));
    }
    this.further = asked == null && properties.isEmpty() ? JsonSchemaReader.all() : asked;
  }

  Expression form() {
    int least = Keywords.count(schema, "minProperties", 0, path);
    int most = Keywords.count(schema, "maxProperties", Expression.UNBOUNDED, path);
    Expression other = other();
    if (properties.isEmpty() && other != null) {
      return braces(map(other, least, most));
    }
    if (least > required.size()
        || (most < properties.size() || (other != null && most < Expression.UNBOUNDED))) {
      throw new SchemaException(
          path, "counts properties beyond those that it requires, which is not supported");
    }
    return braces(members(other));
  }

  private static Expression braces(Expression inside) {
    return new Expression.Sequence(List.of(Expression.text("{"), inside, Expression.text("}")));
  }

  /** A member that the schema does not name, or null if there must be none. */
  private @Nullable Expression other() {
    JsonNode allowed = further;
    if (allowed == null || allowed.equals(BooleanNode.FALSE)) {
      return null;
    }
    Expression key = JsonText.quoted(OtherKeys.than(properties.keySet()));
    return Expression.sequence(
        JsonText.key(key), reader.value(allowed, path + "/additionalProperties"));
  }

  private Expression map(Expression member, int least, int most) {
    if (least > 1) {
      throw new SchemaException(
          path, "wants at least %d properties without naming them".formatted(least));
    }
    if (most == 0) {
      return least == 0 ? Expression.EMPTY : Expression.NOTHING;
    }
    int more = most == Expression.UNBOUNDED ? most : most - 1;
    Expression some =
        Expression.sequence(
            member, new Expression.Repeat(Expression.sequence(JsonText.COMMA, member), 0, more));
    return least == 1 ? some : Expression.optional(some);
  }

  /**
   * From the last member to the first: what may stand behind one with others before it, or none.
   */
  private Expression members(@Nullable Expression other) {
    Expression others = Expression.EMPTY;
    Expression alone = Expression.EMPTY;
    if (other != null) {
      others = Expression.any(Expression.sequence(JsonText.COMMA, other));
      alone = Expression.optional(new Expression.Sequence(List.of(other, others)));
    }
    for (Map.Entry<String, JsonNode> property : List.copyOf(properties.entrySet()).reversed()) {
      Expression member = member(property.getKey(), property.getValue());
      Expression first = new Expression.Sequence(List.of(member, others));
      Expression later = new Expression.Sequence(List.of(JsonText.COMMA, member, others));
      boolean needed = required.contains(property.getKey());
      alone = needed ? first : new Expression.Choice(List.of(first, alone));
      others = needed ? later : new Expression.Choice(List.of(later, others));
    }
    return alone;
  }

  private Expression member(String name, JsonNode value) {
    String place = path + "/properties/" + name.replace("~", "~0").replace("/", "~1");
    List<Expression> parts = new ArrayList<>();
    parts.add(JsonText.key(JsonText.literal(TextNode.valueOf(name))));
    parts.add(reader.value(value, place));
    return Expression.sequence(parts);
  }
}
