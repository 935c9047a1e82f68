package dev.skein.model.packed;

import dev.skein.model.file.ModelFormatException;
import dev.skein.model.text.Tokenizer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A World vocabulary as a section of a {@code .skein} file, little-endian: u32 number of ids, then
 * for every id u32 length and the bytes.
 */
final class VocabularyTable {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private VocabularyTable() {}

  /** The table of a tokenizer. */
  static byte[] of(Tokenizer tokenizer) {
    List<byte[]> tokens = new ArrayList<>();
    int size = 4;
    for (int id = 0; id < tokenizer.vocabularySize(); id++) {
      tokens.add(tokenizer.bytes(id));
      size += 4 + tokens.getLast().length;
    }
    ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(tokens.size());
    tokens.forEach(bytes -> out.putInt(bytes.length).put(bytes));
    return out.array();
  }

  /** The bytes of every id. */
  static List<byte[]> read(Path path, MemorySegment table) throws ModelFormatException {
    List<byte[]> tokens = new ArrayList<>();
    try {
      int count = table.get(INT, 0);
      long at = 4;
      for (int id = 0; id < count; id++) {
        int length = table.get(INT, at);
        tokens.add(table.asSlice(at + 4, length).toArray(ValueLayout.JAVA_BYTE));
        at += 4L + length;
      }
    } catch (IndexOutOfBoundsException e) {
      throw ModelFormatException.of(path, "its vocabulary is cut off", SkeinPreamble.MEND);
    }
    return tokens;
  }
}
