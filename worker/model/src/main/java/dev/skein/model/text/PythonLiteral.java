package dev.skein.model.text;

import java.io.ByteArrayOutputStream;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Reads a Python string or bytes literal as {@code repr} writes it: {@code 'a\n'}, {@code "it's"},
 * {@code b'\xff'}. A string stands for its UTF-8 bytes.
 */
final class PythonLiteral {
  private final String source;
  private final boolean isBytes;
  private final int end;
  private int at;

  private PythonLiteral(String source) {
    this.source = source;
    this.isBytes = source.startsWith("b");
    this.at = isBytes ? 2 : 1;
    this.end = source.length() - 1;
    char quote = end < at ? ' ' : source.charAt(end);
    if (end < at || (quote != '\'' && quote != '"') || source.charAt(at - 1) != quote) {
      throw new IllegalArgumentException("a literal must stand between two equal quotes");
    }
  }

  /**
   * The bytes that the literal stands for.
   *
   * @throws IllegalArgumentException if it is none; the message says why
   */
  static byte[] bytes(String source) {
    PythonLiteral literal = new PythonLiteral(source);
    return literal.isBytes ? literal.readBytes() : literal.readText();
  }

  private byte[] readBytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    while (at < end) {
      int c = next();
      if (c > 0xff) {
        throw new IllegalArgumentException("a bytes literal holds a character above 255");
      }
      out.write(c);
    }
    return out.toByteArray();
  }

  private byte[] readText() {
    StringBuilder text = new StringBuilder();
    while (at < end) {
      text.appendCodePoint(next());
    }
    try {
      var encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
      return bytes;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("a string literal holds half a surrogate pair", e);
    }
  }

  private int next() {
    int c = source.codePointAt(at);
    at += Character.charCount(c);
    if (c == source.charAt(end)) {
      throw new IllegalArgumentException("a literal holds its own quote");
    }
    return c == '\\' ? escape() : c;
  }

  private int escape() {
    if (at >= end) {
      throw new IllegalArgumentException("a literal ends within an escape");
    }
    char c = source.charAt(at++);
    return switch (c) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'a' -> 7;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'v' -> 11;
      case '0' -> 0;
      case '\\', '\'', '"' -> c;
      case 'x' -> hex(2);
      case 'u' -> unicode(4);
      case 'U' -> unicode(8);
      default -> throw new IllegalArgumentException("a literal holds the unknown escape \\" + c);
    };
  }

  private int unicode(int digits) {
    int c = isBytes ? -1 : hex(digits);
    if (!Character.isValidCodePoint(c)) {
      throw new IllegalArgumentException("a literal holds an escape that is no character");
    }
    return c;
  }

  private int hex(int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = at < end ? Character.digit(source.charAt(at++), 16) : -1;
      if (digit < 0) {
        throw new IllegalArgumentException("a literal holds an escape with too few digits");
      }
      value = value << 4 | digit;
    }
    return value;
  }
}
