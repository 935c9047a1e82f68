package dev.skein.model.text.bpe;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The alphabet in which byte-level BPE writes bytes as characters, so that a vocabulary is readable
 * text: printable characters of Latin-1 stand for their own byte, the 68 other bytes, in order, for
 * the characters from U+0100 on (a blank is Ġ).
 */
final class ByteAlphabet {
  private static final int FIRST_SHIFTED = 0x100;
  private static final char[] CHARACTERS = characters();
  private static final int[] BYTES = bytes();

  private ByteAlphabet() {}

  private static char[] characters() {
    char[] characters = new char[256];
    char shifted = FIRST_SHIFTED;
    for (int b = 0; b < 256; b++) {
      characters[b] = printable(b) ? (char) b : shifted++;
    }
    return characters;
  }

  private static boolean printable(int b) {
    return (b > ' ' && b <= '~') || (b > 0xa0 && b != 0xad);
  }

  private static int[] bytes() {
    int[] bytes = new int[FIRST_SHIFTED + 256];
    Arrays.fill(bytes, -1);
    for (int b = 0; b < 256; b++) {
      bytes[CHARACTERS[b]] = b;
    }
    return bytes;
  }

  /** The character that stands for a byte (0 to 255). */
  static char character(int b) {
    return CHARACTERS[b];
  }

  /**
   * The bytes that a token stands for; a token with a character that is not of the alphabet (added
   * ones are plain text) stands for its own UTF-8.
   */
  static byte[] decode(String token) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(token.length());
    for (int i = 0; i < token.length(); i++) {
      char c = token.charAt(i);
      if (c >= BYTES.length || BYTES[c] < 0) {
        return token.getBytes(StandardCharsets.UTF_8);
      }
      out.write(BYTES[c]);
    }
    return out.toByteArray();
  }
}
