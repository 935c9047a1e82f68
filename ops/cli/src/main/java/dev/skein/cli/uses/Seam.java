package dev.skein.cli.uses;

/**
 * Where a context ends and an answer begins. Encoding is not concatenation-safe: the two are
 * encoded apart, so that all answers share the context's tokens, and blanks at the context's end
 * are counted to the answer, because words bring their own blank before them.
 *
 * @param context without blanks at its end, unless it is nothing but blanks
 * @param answer with the context's last blanks
 */
record Seam(String context, String answer) {
  static Seam of(String context, String answer) {
    String stripped = context.stripTrailing();
    return stripped.isEmpty()
        ? new Seam(context, answer)
        : new Seam(stripped, context.substring(stripped.length()) + answer);
  }
}
