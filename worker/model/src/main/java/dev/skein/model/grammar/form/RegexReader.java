package dev.skein.model.grammar.form;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Reads a regular expression. Supported: characters, {@code .}, classes with ranges and negation,
 * the escapes of {@link CharacterEscapes}, groups (captured, named or not), alternatives, {@code *
 * + ? {n} {n,} {n,m}} (lazy forms mean the same text), {@code ^} at the beginning and {@code $} at
 * the end of an alternative of the outermost level. Refused by name: look-around, back references,
 * {@code \b}, possessive forms, flags.
 */
public final class RegexReader {
  private static final int COUNT_MAX = 20_000;
  private static final int DEPTH_MAX = 64;
  private static final CodePoints LINE_ENDS = CodePoints.of("\n\r\u0085\u2028\u2029");

  private final TextScanner in;
  private final Function<CodePoints, Expression> encoding;
  private int depth;

  private RegexReader(String regex, Function<CodePoints, Expression> encoding) {
    this.in = new TextScanner("The regular expression", regex);
    this.encoding = encoding;
  }

  /**
   * The texts that match from their beginning to their end.
   *
   * @throws IllegalArgumentException if the expression is wrong or not supported; one sentence
   */
  public static Expression matched(String regex) {
    return new RegexReader(regex, CodePoints::utf8).outermost(Expression.EMPTY);
  }

  /**
   * The texts in which a match is found somewhere.
   *
   * @param encoding the byte strings that stand for one character of a set
   * @throws IllegalArgumentException as {@link #matched}
   */
  public static Expression found(String regex, Function<CodePoints, Expression> encoding) {
    return new RegexReader(regex, encoding)
        .outermost(Expression.any(encoding.apply(CodePoints.ALL)));
  }

  /**
   * @param around what may stand before and behind an alternative that has no anchor there
   */
  private Expression outermost(Expression around) {
    List<Expression> alternatives = new ArrayList<>();
    do {
      boolean begins = in.accept("^");
      Expression body = sequence();
      boolean ends = in.accept("$");
      alternatives.add(
          Expression.sequence(
              begins ? Expression.EMPTY : around, body, ends ? Expression.EMPTY : around));
    } while (in.accept("|"));
    if (in.peek() != TextScanner.END) {
      throw in.wrong("\"" + Character.toString(in.peek()) + "\" has no place here");
    }
    return Expression.choice(alternatives);
  }

  private Expression alternatives() {
    List<Expression> alternatives = new ArrayList<>();
    do {
      alternatives.add(sequence());
    } while (in.accept("|"));
    return Expression.choice(alternatives);
  }

  private Expression sequence() {
    List<Expression> parts = new ArrayList<>();
    while ("|)$".indexOf(in.peek()) < 0 && in.peek() != TextScanner.END) {
      parts.add(quantified(atom()));
    }
    return Expression.sequence(parts);
  }

  private Expression atom() {
    int point = in.next();
    return switch (point) {
      case '(' -> group();
      case '[' -> encoding.apply(characterClass());
      case '.' -> encoding.apply(LINE_ENDS.complement());
      case '\\' -> encoding.apply(escaped());
      case '^' -> throw in.wrong("^ is supported only at the beginning of an alternative");
      case '*', '+', '?', '{' ->
          throw in.wrong("there is nothing before " + Character.toString(point) + " to repeat");
      default -> encoding.apply(CodePoints.of(in.whole(point)));
    };
  }

  private Expression group() {
    if (in.accept("?") && !in.accept(":")) {
      if (in.peek() != '<' || "=!".indexOf(in.peekSecond()) >= 0) {
        throw in.wrong("look-around, flags and other groups with (? are not supported");
      }
      while (in.next() != '>') {
        // the name of a group means nothing for the text
      }
    }
    if (++depth > DEPTH_MAX) {
      throw in.wrong("groups are nested at most " + DEPTH_MAX + " deep");
    }
    Expression body = alternatives();
    depth--;
    if (in.peek() == '$') {
      throw in.wrong("$ is supported only at the end of the expression");
    }
    in.expect(")");
    return body;
  }

  private CodePoints escaped() {
    int from = in.at();
    CodePoints set = CharacterEscapes.read(in);
    if (set != null) {
      return set;
    }
    in.back(from);
    return CodePoints.of(in.next());
  }

  private CodePoints characterClass() {
    boolean negated = in.accept("^");
    CodePoints set = CodePoints.NONE;
    do {
      CodePoints member = member();
      if (in.peek() == '-' && in.peekSecond() != ']' && in.peekSecond() != TextScanner.END) {
        in.next();
        member = CodePoints.range(single(member), single(member()));
        if (member.isEmpty()) {
          throw in.wrong("a range runs backwards");
        }
      }
      set = set.or(member);
    } while (!in.accept("]"));
    CodePoints result = negated ? set.complement() : set.and(CodePoints.ALL);
    if (result.isEmpty()) {
      throw in.wrong("a class holds no character");
    }
    return result;
  }

  private CodePoints member() {
    int point = in.next();
    if (point == '[' || (point == '&' && in.peek() == '&')) {
      throw in.wrong("classes within classes are not supported; write \\" + (char) point);
    }
    return point == '\\' ? escaped() : CodePoints.of(in.whole(point));
  }

  private int single(CodePoints set) {
    if (set.only() >= 0) {
      return set.only();
    }
    throw in.wrong("a range needs single characters at its ends");
  }

  private Expression quantified(Expression body) {
    int least;
    int most = Expression.UNBOUNDED;
    if (in.accept("*")) {
      least = 0;
    } else if (in.accept("+")) {
      least = 1;
    } else if (in.accept("?")) {
      least = 0;
      most = 1;
    } else if (in.accept("{")) {
      least = in.count(COUNT_MAX);
      most = in.accept(",") ? in.count(COUNT_MAX) : least;
      in.expect("}");
      if (least < 0) {
        throw in.wrong("a repetition begins with its least count, as in {0,3}");
      }
      most = most < 0 ? Expression.UNBOUNDED : most;
      if (most < least) {
        throw in.wrong("a repetition has at least as many as its least count");
      }
    } else {
      return body;
    }
    in.accept("?");
    if ("*+?{".indexOf(in.peek()) >= 0 && in.peek() != TextScanner.END) {
      throw in.wrong(
          "a repetition of a repetition needs parentheses; possessive ones are not supported");
    }
    return new Expression.Repeat(body, least, most);
  }
}
