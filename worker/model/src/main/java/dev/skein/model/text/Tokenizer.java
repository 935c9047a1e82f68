package dev.skein.model.text;

import dev.skein.model.file.ModelFormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Turns bytes into token ids and back, without loss: the bytes of the ids of a text are the text.
 * Thread-safe.
 */
public interface Tokenizer {

  /**
   * Opens a vocabulary.
   *
   * @throws ModelFormatException if the file is no vocabulary that is known; the message is one
   *     sentence
   * @throws IOException if it cannot be read
   */
  static Tokenizer open(Path vocabularyFile) throws ModelFormatException, IOException {
    return VocabularyReader.read(vocabularyFile);
  }

  /** The ids of these bytes, which need not be valid UTF-8. */
  int[] encode(byte[] bytes);

  /** The ids of a text's UTF-8 bytes. */
  default int[] encode(String text) {
    return encode(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The bytes of a token; none for ids that stand for no text (0, end of text) or are not in the
   * vocabulary.
   */
  byte[] bytes(int token);

  /** The bytes of tokens, one after the other. */
  default byte[] decode(int[] tokens) {
    int length = 0;
    for (int token : tokens) {
      length += bytes(token).length;
    }
    byte[] out = new byte[length];
    int at = 0;
    for (int token : tokens) {
      byte[] bytes = bytes(token);
      System.arraycopy(bytes, 0, out, at, bytes.length);
      at += bytes.length;
    }
    return out;
  }

  /** One more than the greatest id with text. */
  int vocabularySize();

  /** The kind of tokenizer: "rwkv-world". */
  String name();

  /**
   * SHA-256 over all ids and their bytes, in hex: equal for equal vocabularies, however they were
   * written.
   */
  String digest();
}
