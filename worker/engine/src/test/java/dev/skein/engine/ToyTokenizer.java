package dev.skein.engine;

import dev.skein.model.text.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Ids 1 to 128 are the ASCII bytes; the ids after them are the given pieces; 0 has no bytes.
 * Encodes byte by byte.
 */
final class ToyTokenizer implements Tokenizer {
  private final List<String> pieces;

  ToyTokenizer(String... pieces) {
    this.pieces = List.of(pieces);
  }

  /** The id of a piece. */
  int id(String piece) {
    int at = pieces.indexOf(piece);
    return at >= 0 ? 129 + at : piece.charAt(0) + 1;
  }

  @Override
  public int[] encode(byte[] bytes) {
    List<Integer> ids = new ArrayList<>();
    for (byte b : bytes) {
      ids.add(b + 1);
    }
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  @Override
  public byte[] bytes(int token) {
    if (token == 0) {
      return new byte[0];
    }
    if (token <= 128) {
      ByteArrayOutputStream one = new ByteArrayOutputStream();
      one.write(token - 1);
      return one.toByteArray();
    }
    return pieces.get(token - 129).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public int vocabularySize() {
    return 129 + pieces.size();
  }

  @Override
  public String name() {
    return "toy";
  }

  @Override
  public String digest() {
    return Integer.toHexString(Arrays.hashCode(pieces.toArray()));
  }
}
