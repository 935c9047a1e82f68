package dev.skein.model.grammar.form;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a GBNF grammar: rules {@code name ::= …}, strings in double quotes, character classes,
 * {@code .}, groups, alternatives, {@code * + ? {n} {n,} {n,m}}, comments from {@code #} to the end
 * of a line. The text must be what the rule {@code root} says. A rule ends where the next one
 * begins.
 */
public final class GbnfReader {
  private static final int COUNT_MAX = 20_000;
  private static final int DEPTH_MAX = 64;
  private static final int RULES_MAX = 2_000;

  private final TextScanner in;
  private final Rules rules = new Rules();
  private final Map<String, Integer> numbers = new HashMap<>();
  private int depth;

  private GbnfReader(String grammar) {
    this.in = new TextScanner("The grammar", grammar);
  }

  /**
   * The rules of a grammar.
   *
   * @throws IllegalArgumentException if it is wrong; one sentence
   */
  public static Rules read(String grammar) {
    return new GbnfReader(grammar).read();
  }

  private Rules read() {
    number("root");
    skip();
    while (in.peek() != TextScanner.END) {
      String name = name();
      skip();
      in.expect("::=");
      int rule = number(name);
      if (rules.isDefined(rule)) {
        throw in.wrong("the rule " + name + " stands there twice");
      }
      rules.define(rule, alternatives());
    }
    for (int rule = 0; rule < rules.size(); rule++) {
      if (!rules.isDefined(rule)) {
        throw new IllegalArgumentException(
            "The grammar has no rule " + rules.name(rule) + ", which it needs.");
      }
    }
    return rules;
  }

  private int number(String name) {
    return numbers.computeIfAbsent(
        name,
        n -> {
          if (rules.size() == RULES_MAX) {
            throw in.wrong("it has more than " + RULES_MAX + " rules");
          }
          return rules.declare(n);
        });
  }

  private String name() {
    StringBuilder name = new StringBuilder();
    while (isOfName(in.peek())) {
      name.append((char) in.next());
    }
    if (name.isEmpty()) {
      throw in.wrong("the name of a rule is missing");
    }
    return name.toString();
  }

  private static boolean isOfName(int point) {
    return (point >= 'a' && point <= 'z')
        || (point >= 'A' && point <= 'Z')
        || (point >= '0' && point <= '9')
        || point == '-'
        || point == '_';
  }

  /** White space and comments. */
  private void skip() {
    while (true) {
      int point = in.peek();
      if (point == '#') {
        while (in.peek() != '\n' && in.peek() != TextScanner.END) {
          in.next();
        }
      } else if (point == ' ' || point == '\t' || point == '\n' || point == '\r') {
        in.next();
      } else {
        return;
      }
    }
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
    skip();
    while (in.peek() != TextScanner.END && in.peek() != '|' && in.peek() != ')' && !ruleBegins()) {
      parts.add(quantified(atom()));
      skip();
    }
    return Expression.sequence(parts);
  }

  private boolean ruleBegins() {
    int from = in.at();
    boolean begins = false;
    if (isOfName(in.peek())) {
      name();
      skip();
      begins = in.accept("::=");
    }
    in.back(from);
    return begins;
  }

  private Expression atom() {
    if (isOfName(in.peek())) {
      return new Expression.Reference(number(name()), false);
    }
    int point = in.next();
    return switch (point) {
      case '"' -> string();
      case '[' -> characterClass().utf8();
      case '.' -> CodePoints.ALL.utf8();
      case '(' -> group();
      default -> throw in.wrong("\"" + Character.toString(point) + "\" has no place here");
    };
  }

  private Expression group() {
    if (++depth > DEPTH_MAX) {
      throw in.wrong("groups are nested at most " + DEPTH_MAX + " deep");
    }
    Expression body = alternatives();
    depth--;
    in.expect(")");
    return body;
  }

  private Expression string() {
    StringBuilder text = new StringBuilder();
    while (!in.accept("\"")) {
      text.appendCodePoint(character());
    }
    return text.isEmpty() ? Expression.EMPTY : Expression.text(text.toString());
  }

  private CodePoints characterClass() {
    boolean negated = in.accept("^");
    CodePoints set = CodePoints.NONE;
    while (!in.accept("]")) {
      int first = character();
      int last = first;
      if (in.peek() == '-' && in.peekSecond() != ']') {
        in.next();
        last = character();
      }
      if (last < first) {
        throw in.wrong("a range runs backwards");
      }
      set = set.or(CodePoints.range(first, last));
    }
    CodePoints result = negated ? set.complement() : set.and(CodePoints.ALL);
    if (result.isEmpty()) {
      throw in.wrong("a class holds no character");
    }
    return result;
  }

  private int character() {
    int point = in.next();
    if (point != '\\') {
      return in.whole(point);
    }
    int letter = in.next();
    return switch (letter) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'x' -> in.hex(2);
      case 'u' -> in.whole(in.hex(4));
      case 'U' -> in.whole(in.hex(8) & 0x7fffffff);
      case '"', '\\', '[', ']', '-', '^' -> letter;
      default -> throw in.wrong("the escape \\" + Character.toString(letter) + " is not supported");
    };
  }

  private Expression quantified(Expression body) {
    Expression result = body;
    while (true) {
      if (in.accept("*")) {
        result = Expression.any(result);
      } else if (in.accept("+")) {
        result = new Expression.Repeat(result, 1, Expression.UNBOUNDED);
      } else if (in.accept("?")) {
        result = Expression.optional(result);
      } else if (in.accept("{")) {
        result = counted(result);
      } else {
        return result;
      }
    }
  }

  private Expression counted(Expression body) {
    int least = in.count(COUNT_MAX);
    int most = in.accept(",") ? in.count(COUNT_MAX) : least;
    in.expect("}");
    most = most < 0 ? Expression.UNBOUNDED : most;
    if (least < 0 || most < least) {
      throw in.wrong("a repetition has its least count first, as in {0,3}");
    }
    return new Expression.Repeat(body, least, most);
  }
}
