package dev.skein.model.grammar.form;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The escapes of regular expressions that stand for characters: {@code \d \w \s} and their
 * complements, {@code \p{…}} with a general category, control characters, hexadecimal ones. Digits
 * and word characters are ASCII; {@code \s} is ASCII, and {@code \S} spares every white space of
 * Unicode, so that both hold for every common engine.
 */
final class CharacterEscapes {
  private static final CodePoints DIGITS = CodePoints.range('0', '9');
  private static final CodePoints WORD =
      DIGITS.or(CodePoints.range('a', 'z')).or(CodePoints.range('A', 'Z')).or(CodePoints.of('_'));
  private static final CodePoints SPACE = CodePoints.of(" \t\n\u000b\f\r");
  private static final CodePoints UNICODE_SPACE =
      SPACE
          .or(CodePoints.of("\u001c\u001d\u001e\u001f\u0085\u00a0\u1680\u2028\u2029\u202f\u205f"))
          .or(CodePoints.of("\u3000\ufeff"))
          .or(CodePoints.range(0x2000, 0x200B));
  private static final Map<String, int[]> CATEGORIES =
      Map.of(
          "L", new int[] {1, 2, 3, 4, 5},
          "Lu", new int[] {Character.UPPERCASE_LETTER},
          "Ll", new int[] {Character.LOWERCASE_LETTER},
          "N", new int[] {9, 10, 11},
          "Nd", new int[] {Character.DECIMAL_DIGIT_NUMBER},
          "P", new int[] {20, 21, 22, 23, 24, 29, 30},
          "S", new int[] {25, 26, 27, 28},
          "Z", new int[] {12, 13, 14});

  private CharacterEscapes() {}

  /** Reads what follows a backslash; null if it is a character that stands for itself. */
  static @Nullable CodePoints read(TextScanner in) {
    int letter = in.next();
    return switch (letter) {
      case 'd' -> DIGITS;
      case 'D' -> DIGITS.complement();
      case 'w' -> WORD;
      case 'W' -> WORD.complement();
      case 's' -> SPACE;
      case 'S' -> UNICODE_SPACE.complement();
      case 't' -> CodePoints.of('\t');
      case 'n' -> CodePoints.of('\n');
      case 'r' -> CodePoints.of('\r');
      case 'f' -> CodePoints.of('\f');
      case 'v' -> CodePoints.of(0x0B);
      case 'x' -> CodePoints.of(in.hex(2));
      case 'u' -> unicode(in);
      case 'p' -> category(in);
      case 'P' -> category(in).complement();
      default -> {
        if (Character.isLetterOrDigit(letter)) {
          throw in.wrong("the escape \\" + Character.toString(letter) + " is not supported");
        }
        yield null;
      }
    };
  }

  private static CodePoints unicode(TextScanner in) {
    if (!in.accept("{")) {
      return CodePoints.of(in.whole(in.hex(4)));
    }
    int value = 0;
    while (!in.accept("}")) {
      value = value << 4 | in.hex(1);
      in.whole(value & 0x7fffff);
    }
    return CodePoints.of(in.whole(value));
  }

  private static CodePoints category(TextScanner in) {
    in.expect("{");
    StringBuilder name = new StringBuilder();
    while (!in.accept("}")) {
      name.appendCodePoint(in.next());
    }
    int[] types = CATEGORIES.get(name.toString());
    if (types == null) {
      throw in.wrong(
          "the category \\p{" + name + "} is not supported; L, Lu, Ll, N, Nd, P, S and Z are");
    }
    return CodePoints.where(point -> {
      int type = Character.getType(point);
      for (int wanted : types) {
        if (type == wanted) {
          return true;
        }
      }
      return false;
    });
  }
}
