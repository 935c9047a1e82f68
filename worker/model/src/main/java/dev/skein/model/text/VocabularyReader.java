package dev.skein.model.text;

import dev.skein.model.file.ModelFormatException;
import dev.skein.model.text.bpe.BpeTokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Reads vocabulary files. That of a World tokenizer has a line {@code id literal length} a token,
 * the literal as Python's {@code repr} writes it, the length in bytes; or, as in some Hugging Face
 * folders, the literals alone, from id 0 on, which is {@code b'<s>'}. A file that begins with a
 * brace is a {@code tokenizer.json}.
 */
final class VocabularyReader {
  private static final long FILE_MAX = 16L << 20;
  private static final int ID_MAX = 1 << 20;

  /** How a vocabulary begins whose ids are the numbers of its lines: with the end of text, id 0. */
  private static final Pattern LITERAL = Pattern.compile("(<s>|b?(['\"])<s>\\2)\r?\n");

  private static final String MEND =
      "give the vocabulary that belongs to the model, for World models rwkv_vocab_v20230424.txt";

  private final Path path;
  private final SortedMap<Integer, byte[]> vocabulary = new TreeMap<>();
  private final ByteTrie seen = new ByteTrie();

  private VocabularyReader(Path path) {
    this.path = path;
  }

  static Tokenizer read(Path path) throws IOException {
    VocabularyReader reader = new VocabularyReader(path);
    String text = reader.text();
    if (text.stripLeading().startsWith("{")) {
      return BpeTokenizer.open(path, text);
    }
    reader.addLines(text);
    reader.requireEveryByte();
    return new WorldTokenizer(reader.vocabulary);
  }

  private String text() throws IOException {
    if (!Files.isRegularFile(path)) {
      throw bad(Files.exists(path) ? "this is not a file" : "there is no such vocabulary file");
    }
    if (!Files.isReadable(path)) {
      throw bad("the vocabulary file may not be read");
    }
    if (Files.size(path) > FILE_MAX) {
      throw bad("this is no vocabulary file, it is larger than " + FILE_MAX + " bytes");
    }
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path));
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw bad("this is no vocabulary file, it is not valid UTF-8");
    }
  }

  private void addLines(String text) throws ModelFormatException {
    boolean literals = LITERAL.matcher(text).lookingAt();
    int line = 0;
    for (String ended : text.split("\n", -1)) {
      line++;
      String content = ended.endsWith("\r") ? ended.substring(0, ended.length() - 1) : ended;
      if (content.isBlank() || (literals && line == 1)) {
        continue;
      }
      if (literals) {
        addLiteral(line, content);
      } else {
        addNumbered(line, content);
      }
    }
  }

  private void addLiteral(int line, String literal) throws ModelFormatException {
    try {
      byte[] bytes = PythonLiteral.bytes(literal);
      add(line, line - 1, bytes, bytes.length);
    } catch (IllegalArgumentException e) {
      throw bad("line " + line + ": " + e.getMessage());
    }
  }

  private void addNumbered(int line, String content) throws ModelFormatException {
    int first = content.indexOf(' ');
    int last = content.lastIndexOf(' ');
    if (first <= 0 || last <= first + 1) {
      throw bad("line " + line + " is not 'id literal length'");
    }
    try {
      int id = Integer.parseInt(content.substring(0, first));
      byte[] bytes = PythonLiteral.bytes(content.substring(first + 1, last));
      add(line, id, bytes, Integer.parseInt(content.substring(last + 1)));
    } catch (NumberFormatException e) {
      throw bad("line " + line + " is not 'id literal length'");
    } catch (IllegalArgumentException e) {
      throw bad("line " + line + ": " + e.getMessage());
    }
  }

  private void add(int line, int id, byte[] bytes, int length) throws ModelFormatException {
    if (id < 1 || id > ID_MAX) {
      throw bad("line " + line + " has the id " + id + ", which is not from 1 to " + ID_MAX);
    }
    if (bytes.length != length || length == 0) {
      throw bad("line " + line + " says " + length + " bytes, but its literal has " + bytes.length);
    }
    if (vocabulary.put(id, bytes) != null) {
      throw bad("line " + line + " gives the id " + id + " a second time");
    }
    int before = seen.put(bytes, id);
    if (before >= 0) {
      throw bad("line " + line + " repeats the text of id " + before);
    }
  }

  private void requireEveryByte() throws ModelFormatException {
    for (int b = 0; b < 256; b++) {
      int node = seen.child(0, b);
      if (node < 0 || seen.value(node) < 0) {
        throw bad(
            "it has no token for the single byte " + b + ", so not every text could be encoded");
      }
    }
  }

  private ModelFormatException bad(String fault) {
    return ModelFormatException.of(path, fault, MEND);
  }
}
