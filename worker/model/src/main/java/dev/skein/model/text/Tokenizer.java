package dev.skein.model.text;

import dev.skein.model.file.ModelFormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Turns bytes into token ids and back, without loss: the bytes of the ids of a text are the text
 * (with GPT-NeoX, the text in Unicode's form NFC). Thread-safe.
 */
public interface Tokenizer {

  /**
   * Opens a vocabulary: the text of a World tokenizer or a GPT-NeoX {@code tokenizer.json}, told
   * apart by their content.
   *
   * @throws ModelFormatException if the file is no vocabulary that is known; the message is one
   *     sentence
   * @throws IOException if it cannot be read
   */
  static Tokenizer open(Path vocabularyFile) throws ModelFormatException, IOException {
    return VocabularyReader.read(vocabularyFile);
  }

  /**
   * A World tokenizer from the vocabulary that a model's file carries.
   *
   * @param vocabulary the bytes of every id; an id without text has none
   * @return null if no id has any
   */
  static @Nullable Tokenizer of(List<byte[]> vocabulary) {
    SortedMap<Integer, byte[]> tokens = new TreeMap<>();
    for (int id = 0; id < vocabulary.size(); id++) {
      if (vocabulary.get(id).length > 0) {
        tokens.put(id, vocabulary.get(id));
      }
    }
    return tokens.isEmpty() ? null : new WorldTokenizer(tokens);
  }

  /**
   * The ids of these bytes, which need not be valid UTF-8.
   *
   * @throws IllegalArgumentException if the vocabulary has no token for one of them; the published
   *     ones have one for every byte
   */
  int[] encode(byte[] bytes);

  /** The ids of a text's UTF-8 bytes. */
  default int[] encode(String text) {
    return encode(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The bytes of a token; none for ids that stand for no text (0, end of text, of a World
   * tokenizer; that of GPT-NeoX is {@code <|endoftext|>}) or are not in the vocabulary.
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

  /** The kind of tokenizer: "rwkv-world" or "gpt-neox". */
  String name();

  /**
   * SHA-256 over all ids and their bytes, in hex: equal for equal vocabularies, however they were
   * written.
   */
  String digest();
}
