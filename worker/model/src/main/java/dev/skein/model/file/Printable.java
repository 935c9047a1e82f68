package dev.skein.model.file;

/**
 * Text of a foreign file as it may stand in a one-line message: short, without control characters.
 */
public final class Printable {
  private static final int LENGTH_MAX = 80;

  private Printable() {}

  /** The text, shortened and cleaned. */
  public static String of(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length() && i < LENGTH_MAX; i++) {
      char c = text.charAt(i);
      out.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '?' : c);
    }
    return text.length() > LENGTH_MAX ? out.append('…').toString() : out.toString();
  }
}
