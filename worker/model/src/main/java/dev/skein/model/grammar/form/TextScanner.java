package dev.skein.model.grammar.form;

/** A text read code point by code point, for the readers of regular expressions and grammars. */
final class TextScanner {
  static final int END = -1;

  private final String name;
  private final int[] points;
  private int at;

  /**
   * @param name what is read, for messages: "the regular expression"
   */
  TextScanner(String name, String text) {
    this.name = name;
    this.points = text.codePoints().toArray();
  }

  int at() {
    return at;
  }

  void back(int to) {
    at = to;
  }

  int peek() {
    return at < points.length ? points[at] : END;
  }

  /** The one after the next. */
  int peekSecond() {
    return at + 1 < points.length ? points[at + 1] : END;
  }

  int next() {
    if (at == points.length) {
      throw wrong("it ends too early");
    }
    return points[at++];
  }

  boolean accept(String word) {
    int[] wanted = word.codePoints().toArray();
    for (int i = 0; i < wanted.length; i++) {
      if (at + i >= points.length || points[at + i] != wanted[i]) {
        return false;
      }
    }
    at += wanted.length;
    return true;
  }

  void expect(String word) {
    if (!accept(word)) {
      throw wrong("\"" + word + "\" is missing");
    }
  }

  /** Hexadecimal digits, exactly so many. */
  int hex(int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = Character.digit(next(), 16);
      if (digit < 0) {
        throw wrong("an escape needs " + digits + " hexadecimal digits");
      }
      value = value << 4 | digit;
    }
    return value;
  }

  /** A count, or -1 if there is no digit. */
  int count(int max) {
    long value = -1;
    while (peek() >= '0' && peek() <= '9') {
      value = Math.max(value, 0) * 10 + next() - '0';
      if (value > max) {
        throw wrong("a count is at most " + max);
      }
    }
    return (int) value;
  }

  /** A code point that is no half of a surrogate pair. */
  int whole(int point) {
    if (point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) {
      throw wrong("an escape names no character");
    }
    return point;
  }

  IllegalArgumentException wrong(String why) {
    return new IllegalArgumentException(
        "%s is wrong at character %d: %s.".formatted(name, at, why));
  }
}
