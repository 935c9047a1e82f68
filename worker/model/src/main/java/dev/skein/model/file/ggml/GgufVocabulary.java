package dev.skein.model.file.ggml;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.skein.model.file.Mapping;
import dev.skein.model.file.ModelFormatException;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * The World vocabulary as GGUF files carry it: a list of texts, each the bytes of a token as Python
 * prints them between the quotes of {@code repr(bytes)}, and a list of token types, of which only 1
 * (normal) has bytes.
 */
final class GgufVocabulary {
  private static final int TOKENS_MAX = 1 << 18;
  private static final int TOKEN_BYTES_MAX = 1 << 12;
  private static final int NORMAL = 1;
  private static final byte[] NOTHING = {};

  private final Mapping file;
  private long tokensAt;
  private long tokens;
  private long typesAt;
  private long types;

  GgufVocabulary(Mapping file) {
    this.file = file;
  }

  /** The tokens' texts begin there; all have been seen to lie in the file. */
  void tokensAt(long at, long count) {
    tokensAt = at;
    tokens = count;
  }

  /** The tokens' types begin there; all have been seen to lie in the file. */
  void typesAt(long at, long count) {
    typesAt = at;
    types = count;
  }

  /** The bytes of every token by id; none for those that stand for no text. */
  List<byte[]> tokens() throws ModelFormatException {
    if (tokens > TOKENS_MAX || (types != 0 && types != tokens)) {
      throw ModelFormatException.damaged(
          file.path(), "its vocabulary has " + tokens + " tokens and " + types + " token types");
    }
    GgufCursor cursor = new GgufCursor(file, tokensAt);
    List<byte[]> all = new ArrayList<>((int) tokens);
    for (int id = 0; id < tokens; id++) {
      byte[] text = cursor.textBytes(TOKEN_BYTES_MAX);
      boolean normal = types == 0 ? named(id, text) : file.i32(typesAt + 4L * id) == NORMAL;
      all.add(normal ? unescaped(text) : NOTHING);
    }
    return all;
  }

  /** Without types: the end of text and the padding have names instead of bytes. */
  private static boolean named(int id, byte[] text) {
    String name = new String(text, US_ASCII);
    return !((id == 0 && name.equals("<s>")) || name.matches("\\[PAD[0-9]+\\]"));
  }

  /** {@code \t \n \r}, {@code \xHH}; any other {@code \c} is c. */
  static byte[] unescaped(byte[] text) {
    if (!contains(text, '\\')) {
      return text;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(text.length);
    for (int i = 0; i < text.length; i++) {
      if (text[i] != '\\' || i + 1 == text.length) {
        out.write(text[i]);
        continue;
      }
      byte c = text[++i];
      switch (c) {
        case 't' -> out.write('\t');
        case 'n' -> out.write('\n');
        case 'r' -> out.write('\r');
        case 'x' -> {
          int value = i + 2 < text.length ? hex(text[i + 1], text[i + 2]) : -1;
          if (value < 0) {
            out.write(c);
          } else {
            out.write(value);
            i += 2;
          }
        }
        default -> out.write(c);
      }
    }
    return out.toByteArray();
  }

  private static int hex(byte high, byte low) {
    int a = Character.digit(high, 16);
    int b = Character.digit(low, 16);
    return a < 0 || b < 0 ? -1 : 16 * a + b;
  }

  private static boolean contains(byte[] text, char c) {
    for (byte b : text) {
      if (b == c) {
        return true;
      }
    }
    return false;
  }
}
