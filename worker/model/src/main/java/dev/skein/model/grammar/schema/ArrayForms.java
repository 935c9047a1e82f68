package dev.skein.model.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import dev.skein.model.grammar.form.Expression;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Arrays: the items of a prefix, then others. */
final class ArrayForms {
  private final String path;
  private final List<Expression> prefix = new ArrayList<>();
  private final @Nullable Expression item;
  private final int least;
  private final int most;

  ArrayForms(JsonSchemaReader reader, JsonNode schema, String path) {
    this.path = path;
    this.least = Keywords.count(schema, "minItems", 0, path);
    this.most = Keywords.count(schema, "maxItems", Expression.UNBOUNDED, path);
    JsonNode unique = schema.get("uniqueItems");
    if (unique != null && !unique.equals(BooleanNode.FALSE)) {
      throw SchemaException.unsupported(path, "uniqueItems");
    }
    JsonNode first = schema.get("prefixItems");
    if (first != null && !first.isArray()) {
      throw new SchemaException(path, "has \"prefixItems\" that are no list");
    }
    for (int i = 0; first != null && i < first.size(); i++) {
      prefix.add(reader.value(first.get(i), path + "/prefixItems/" + i));
    }
    JsonNode items = schema.get("items");
    if (items == null && (prefix.isEmpty() || least > prefix.size())) {
      items = JsonSchemaReader.all();
    }
    this.item =
        items == null || items.equals(BooleanNode.FALSE)
            ? null
            : reader.value(items, path + "/items");
  }

  Expression form() {
    if (least > most || (item == null && least > prefix.size())) {
      throw new SchemaException(path, "wants more items than it allows");
    }
    Expression inside = Expression.EMPTY;
    if (most > 0) {
      Expression some = item(0);
      if (some != null) {
        Expression all = new Expression.Sequence(List.of(some, behind(1)));
        inside = least == 0 ? Expression.optional(all) : all;
      }
    }
    return new Expression.Sequence(List.of(Expression.text("["), inside, Expression.text("]")));
  }

  private @Nullable Expression item(int index) {
    return index < prefix.size() ? prefix.get(index) : item;
  }

  /** What may stand behind so many items. */
  private Expression behind(int count) {
    if (count >= most) {
      return Expression.EMPTY;
    }
    Expression next = item(count);
    if (next == null) {
      return Expression.EMPTY;
    }
    Expression one = Expression.sequence(JsonText.COMMA, next);
    if (count >= prefix.size()) {
      int more = most == Expression.UNBOUNDED ? most : most - count;
      return new Expression.Repeat(one, Math.max(0, least - count), more);
    }
    Expression rest = new Expression.Sequence(List.of(one, behind(count + 1)));
    return count >= least ? Expression.optional(rest) : rest;
  }
}
