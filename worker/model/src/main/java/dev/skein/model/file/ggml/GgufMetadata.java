package dev.skein.model.file.ggml;

import dev.skein.model.file.Mapping;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Printable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * The metadata of a GGUF file: entries of key, type and value. Numbers and texts are kept as text,
 * lists are passed by; of the vocabulary's lists is remembered where they begin.
 */
final class GgufMetadata {
  private static final int ENTRIES_MAX = 1 << 12;
  private static final int KEY_MAX = 256;
  private static final int TEXT = 8;
  private static final int LIST = 9;
  private static final String TOKENIZER = "tokenizer.ggml.model";
  private static final String TOKENS = "tokenizer.ggml.tokens";
  private static final String TOKEN_TYPES = "tokenizer.ggml.token_type";

  private final Mapping file;
  private final GgufCursor cursor;
  private final SequencedMap<String, String> values = new LinkedHashMap<>();
  private final GgufVocabulary vocabulary;

  private GgufMetadata(Mapping file, long at) {
    this.file = file;
    this.cursor = new GgufCursor(file, at);
    this.vocabulary = new GgufVocabulary(file);
  }

  /** Reads {@code count} entries from {@code at} on. */
  static GgufMetadata read(Mapping file, long at, long count) throws ModelFormatException {
    GgufMetadata metadata = new GgufMetadata(file, at);
    if (count < 0 || count > ENTRIES_MAX) {
      throw metadata.bad("it claims " + Long.toUnsignedString(count) + " metadata entries");
    }
    for (long i = 0; i < count; i++) {
      metadata.readEntry();
    }
    return metadata;
  }

  /** Where the metadata end. */
  long end() {
    return cursor.position();
  }

  /** Numbers and texts by key, in the order of the file. */
  SequencedMap<String, String> values() {
    return values;
  }

  /** A whole number from 0 on, or {@code absent} where there is no such key. */
  long whole(String key, long absent) throws ModelFormatException {
    String value = values.get(key);
    if (value == null) {
      return absent;
    }
    if (!value.matches("[0-9]{1,18}")) {
      throw bad("its metadata say " + key + " = " + Printable.of(value));
    }
    return Long.parseLong(value);
  }

  /** The bytes of each token, where it is the World vocabulary of RWKV; otherwise empty. */
  List<byte[]> vocabulary() throws ModelFormatException {
    return "rwkv".equals(values.get(TOKENIZER)) ? vocabulary.tokens() : List.of();
  }

  private void readEntry() throws ModelFormatException {
    String key = cursor.text();
    if (key.isEmpty() || key.length() > KEY_MAX) {
      throw bad("a metadata key has " + key.length() + " characters");
    }
    long type = cursor.u32();
    if (type == LIST) {
      passList(key);
    } else if (values.put(key, value(key, type)) != null) {
      throw bad("its metadata say '" + Printable.of(key) + "' twice");
    }
  }

  private String value(String key, long type) throws ModelFormatException {
    return switch ((int) type) {
      case 0 -> String.valueOf(cursor.u8());
      case 1 -> String.valueOf((byte) cursor.u8());
      case 2 -> String.valueOf(cursor.u16());
      case 3 -> String.valueOf((short) cursor.u16());
      case 4 -> String.valueOf(cursor.u32());
      case 5 -> String.valueOf(cursor.i32());
      case 6 -> String.valueOf(Float.intBitsToFloat(cursor.i32()));
      case 7 -> String.valueOf(cursor.u8() != 0);
      case TEXT -> cursor.text();
      case 10 -> Long.toUnsignedString(cursor.i64());
      case 11 -> String.valueOf(cursor.i64());
      case 12 -> String.valueOf(Double.longBitsToDouble(cursor.i64()));
      default -> throw unknownType(key, type);
    };
  }

  private void passList(String key) throws ModelFormatException {
    long type = cursor.u32();
    long count = cursor.i64();
    long from = cursor.position();
    switch ((int) type) {
      case 0, 1, 7 -> cursor.skip(count, 1);
      case 2, 3 -> cursor.skip(count, 2);
      case 4, 5, 6 -> cursor.skip(count, 4);
      case 10, 11, 12 -> cursor.skip(count, 8);
      case TEXT -> passTexts(count);
      case LIST -> throw bad("its metadata '" + Printable.of(key) + "' is a list of lists");
      default -> throw unknownType(key, type);
    }
    if (key.equals(TOKENS) && type == TEXT) {
      vocabulary.tokensAt(from, count);
    } else if (key.equals(TOKEN_TYPES) && (type == 4 || type == 5)) {
      vocabulary.typesAt(from, count);
    }
  }

  private void passTexts(long count) throws ModelFormatException {
    cursor.requireRoom(count, Long.BYTES);
    for (long i = 0; i < count; i++) {
      cursor.skip(cursor.i64(), 1);
    }
  }

  private ModelFormatException unknownType(String key, long type) {
    return bad("its metadata '" + Printable.of(key) + "' have the unknown type " + type);
  }

  private ModelFormatException bad(String fault) {
    return ModelFormatException.damaged(file.path(), fault);
  }
}
