package dev.skein.model.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.model.grammar.form.ByteSet;
import dev.skein.model.grammar.form.CodePoints;
import dev.skein.model.grammar.form.Expression;
import java.util.ArrayList;
import java.util.List;

/** The marks of JSON, and the characters of its strings. */
final class JsonText {
  static final Expression QUOTE = Expression.text("\"");
  private static final Expression SPACE = Expression.optional(Expression.text(" "));
  static final Expression COMMA = Expression.sequence(Expression.text(","), SPACE);

  private static final CodePoints ESCAPED = CodePoints.range(0, 0x1F).or(CodePoints.of("\"\\"));

  /** One character of a string, with all its escapes but those of surrogates. */
  static final Expression CHARACTER =
      Expression.choice(
          ESCAPED.complement().utf8(),
          Expression.sequence(
              Expression.text("\\"),
              Expression.choice(
                  new Expression.OneByte(ByteSet.of("\"\\/bfnrt")),
                  Expression.sequence(Expression.text("u"), hexadecimal()))));

  private JsonText() {}

  /** Four digits, of no half of a surrogate pair. */
  private static Expression hexadecimal() {
    Expression digit = new Expression.OneByte(ByteSet.of("0123456789abcdefABCDEF"));
    return Expression.choice(
        Expression.sequence(
            new Expression.OneByte(ByteSet.of("0123456789abcefABCEF")),
            new Expression.Repeat(digit, 3, 3)),
        Expression.sequence(
            new Expression.OneByte(ByteSet.of("dD")),
            new Expression.OneByte(ByteSet.of("01234567")),
            new Expression.Repeat(digit, 2, 2)));
  }

  /** One character of a set within a string: each in one form only. */
  static Expression encode(CodePoints set) {
    CodePoints plain = set.minus(ESCAPED);
    CodePoints escaped = set.and(ESCAPED);
    List<Expression> branches = new ArrayList<>();
    if (!plain.isEmpty()) {
      branches.add(plain.utf8());
    }
    for (int point = 0; point < 0x80 && !escaped.isEmpty(); point++) {
      if (escaped.has(point)) {
        branches.add(Expression.text(escape(point)));
      }
    }
    return Expression.choice(branches);
  }

  private static String escape(int point) {
    return switch (point) {
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      case '\b' -> "\\b";
      case '\f' -> "\\f";
      default -> "\\u%04x".formatted(point);
    };
  }

  /** A value exactly as it is, without white space. */
  static Expression literal(JsonNode value) {
    return Expression.text(value.toString());
  }

  /** A member of an object, up to its value. */
  static Expression key(Expression quoted) {
    return Expression.sequence(quoted, Expression.text(":"), SPACE);
  }

  static Expression quoted(Expression content) {
    return Expression.sequence(QUOTE, content, QUOTE);
  }
}
