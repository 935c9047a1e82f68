package dev.skein.model.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.model.grammar.form.ByteSet;
import dev.skein.model.grammar.form.Expression;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Integers and numbers, within bounds where a schema has some. */
final class NumberForms {
  private static final int DIGITS_MAX = 18;
  private static final int DECIMALS = 2;
  private static final int BOUND_DIGITS_MAX = 30;
  private static final Expression DIGIT = digits('0', '9');

  private final String path;
  private final @Nullable BigDecimal least;
  private final @Nullable BigDecimal most;
  private final boolean leastExcluded;
  private final boolean mostExcluded;

  NumberForms(JsonNode schema, String path) {
    this.path = path;
    BigDecimal minimum = bound(schema, "minimum", path);
    BigDecimal above = bound(schema, "exclusiveMinimum", path);
    BigDecimal maximum = bound(schema, "maximum", path);
    BigDecimal below = bound(schema, "exclusiveMaximum", path);
    this.leastExcluded = above != null && (minimum == null || above.compareTo(minimum) >= 0);
    this.least = leastExcluded ? above : minimum;
    this.mostExcluded = below != null && (maximum == null || below.compareTo(maximum) <= 0);
    this.most = mostExcluded ? below : maximum;
    JsonNode step = schema.get("multipleOf");
    if (step != null && !(step.isNumber() && step.decimalValue().compareTo(BigDecimal.ONE) == 0)) {
      throw SchemaException.unsupported(path, "multipleOf");
    }
  }

  private static @Nullable BigDecimal bound(JsonNode schema, String keyword, String path) {
    BigDecimal bound = Keywords.number(schema, keyword, path);
    if (bound != null
        && (bound.precision() - bound.scale() > BOUND_DIGITS_MAX
            || bound.stripTrailingZeros().scale() > DIGITS_MAX)) {
      throw new SchemaException(path, "has a \"%s\" with too many digits".formatted(keyword));
    }
    return bound;
  }

  Expression integer() {
    if (least == null && most == null) {
      return Expression.choice(
          Expression.text("0"),
          Expression.sequence(
              Expression.optional(Expression.text("-")), leadingDigit(), upTo(DIGITS_MAX - 1)));
    }
    return range(0);
  }

  Expression number(boolean whole) {
    if (whole) {
      return integer();
    }
    if (least == null && most == null) {
      return unbounded();
    }
    int decimals = DECIMALS;
    for (BigDecimal bound : bounds()) {
      decimals = Math.max(decimals, bound.stripTrailingZeros().scale());
    }
    return Expression.choice(range(0), range(decimals));
  }

  private List<BigDecimal> bounds() {
    List<BigDecimal> bounds = new ArrayList<>();
    if (least != null) {
      bounds.add(least);
    }
    if (most != null) {
      bounds.add(most);
    }
    return bounds;
  }

  private static Expression unbounded() {
    return Expression.sequence(
        Expression.optional(Expression.text("-")),
        Expression.choice(
            Expression.text("0"), Expression.sequence(leadingDigit(), upTo(DIGITS_MAX - 4))),
        Expression.optional(
            Expression.sequence(Expression.text("."), new Expression.Repeat(DIGIT, 1, 15))),
        Expression.optional(
            Expression.sequence(
                new Expression.OneByte(ByteSet.of("eE")),
                Expression.optional(new Expression.OneByte(ByteSet.of("+-"))),
                new Expression.Repeat(DIGIT, 1, 2))));
  }

  private static Expression leadingDigit() {
    return digits('1', '9');
  }

  private static Expression digits(int first, int last) {
    return new Expression.OneByte(ByteSet.range(first, last));
  }

  private static Expression upTo(int count) {
    return new Expression.Repeat(DIGIT, 0, count);
  }

  /** All numbers within the bounds with exactly so many decimals. */
  private Expression range(int decimals) {
    BigInteger far = BigInteger.TEN.pow(DIGITS_MAX + decimals).subtract(BigInteger.ONE);
    BigInteger from = least == null ? null : scaled(least, decimals, RoundingMode.CEILING);
    BigInteger to = most == null ? null : scaled(most, decimals, RoundingMode.FLOOR);
    if (from != null && leastExcluded && isExact(least, decimals)) {
      from = from.add(BigInteger.ONE);
    }
    if (to != null && mostExcluded && isExact(most, decimals)) {
      to = to.subtract(BigInteger.ONE);
    }
    from = from == null ? (to == null ? far : far.max(to.abs())).negate() : from;
    to = to == null ? far.max(from.abs()) : to;
    if (from.compareTo(to) > 0) {
      return Expression.NOTHING;
    }
    List<Expression> branches = new ArrayList<>();
    if (to.signum() >= 0) {
      branches.add(magnitudes(from.max(BigInteger.ZERO), to, decimals));
    }
    if (from.signum() < 0) {
      BigInteger nearest = to.min(BigInteger.ONE.negate()).negate();
      branches.add(
          Expression.sequence(Expression.text("-"), magnitudes(nearest, from.negate(), decimals)));
    }
    return Expression.choice(branches);
  }

  private static BigInteger scaled(BigDecimal bound, int decimals, RoundingMode mode) {
    return bound.movePointRight(decimals).setScale(0, mode).toBigInteger();
  }

  private static boolean isExact(@Nullable BigDecimal bound, int decimals) {
    return bound != null && bound.stripTrailingZeros().scale() <= decimals;
  }

  /** One branch for each number of digits. */
  private Expression magnitudes(BigInteger from, BigInteger to, int decimals) {
    List<Expression> branches = new ArrayList<>();
    int longest = Math.max(decimals + 1, to.toString().length());
    for (int length = decimals + 1; length <= longest; length++) {
      BigInteger first = length == decimals + 1 ? BigInteger.ZERO : BigInteger.TEN.pow(length - 1);
      BigInteger last = BigInteger.TEN.pow(length).subtract(BigInteger.ONE);
      if (from.compareTo(last) <= 0 && to.compareTo(first) >= 0) {
        branches.add(
            between(padded(from.max(first), length), padded(to.min(last), length), decimals));
      }
    }
    if (branches.isEmpty()) {
      throw new SchemaException(path, "has bounds that no number keeps");
    }
    return Expression.choice(branches);
  }

  private static String padded(BigInteger value, int length) {
    String digits = value.toString();
    return "0".repeat(length - digits.length()) + digits;
  }

  /** Digit strings of one length, from one to another; the point stands before the decimals. */
  private static Expression between(String from, String to, int decimals) {
    if (from.isEmpty()) {
      return Expression.EMPTY;
    }
    if (decimals > 0 && from.length() == decimals) {
      return Expression.sequence(Expression.text("."), between(from, to, -decimals));
    }
    if (isRepeated(from, '0') && isRepeated(to, '9')) {
      return anyDigits(from.length(), decimals);
    }
    char low = from.charAt(0);
    char high = to.charAt(0);
    String lowRest = from.substring(1);
    String highRest = to.substring(1);
    if (low == high) {
      return Expression.sequence(
          Expression.text(String.valueOf(low)), between(lowRest, highRest, decimals));
    }
    List<Expression> branches = new ArrayList<>();
    branches.add(
        Expression.sequence(
            Expression.text(String.valueOf(low)),
            between(lowRest, "9".repeat(lowRest.length()), decimals)));
    if (low + 1 < high) {
      branches.add(
          Expression.sequence(digits(low + 1, high - 1), anyDigits(lowRest.length(), decimals)));
    }
    branches.add(
        Expression.sequence(
            Expression.text(String.valueOf(high)),
            between("0".repeat(highRest.length()), highRest, decimals)));
    return Expression.choice(branches);
  }

  private static Expression anyDigits(int count, int decimals) {
    if (decimals <= 0 || count < decimals) {
      return new Expression.Repeat(DIGIT, count, count);
    }
    return Expression.sequence(
        new Expression.Repeat(DIGIT, count - decimals, count - decimals),
        Expression.text("."),
        new Expression.Repeat(DIGIT, decimals, decimals));
  }

  private static boolean isRepeated(String text, char digit) {
    return text.chars().allMatch(c -> c == digit);
  }
}
