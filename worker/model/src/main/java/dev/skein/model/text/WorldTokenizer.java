package dev.skein.model.text;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;

/**
 * The tokenizer of the RWKV World models: the text is cut, from its beginning, always at the
 * longest token that fits. Every single byte is a token, so every input has an encoding.
 */
final class WorldTokenizer implements Tokenizer {
  private static final byte[] NOTHING = {};

  private final ByteTrie trie = new ByteTrie();
  private final byte[][] bytes;
  private final String digest;

  /**
   * @param vocabulary id to bytes, at least one of each; of two ids with the same bytes the lower
   *     one is used
   */
  WorldTokenizer(SortedMap<Integer, byte[]> vocabulary) {
    this.bytes = new byte[vocabulary.lastKey() + 1][];
    Arrays.fill(bytes, NOTHING);
    for (Map.Entry<Integer, byte[]> entry : vocabulary.reversed().entrySet()) {
      bytes[entry.getKey()] = entry.getValue();
      trie.put(entry.getValue(), entry.getKey());
    }
    this.digest = digest(vocabulary);
  }

  @Override
  public int[] encode(byte[] text) {
    int[] ids = new int[text.length / 2 + 8];
    int count = 0;
    for (int from = 0; from < text.length; from += bytes[ids[count++]].length) {
      if (count == ids.length) {
        ids = Arrays.copyOf(ids, 2 * count);
      }
      ids[count] = longestAt(text, from);
    }
    return Arrays.copyOf(ids, count);
  }

  private int longestAt(byte[] text, int from) {
    int longest = -1;
    int node = 0;
    for (int i = from; i < text.length; i++) {
      node = trie.child(node, text[i] & 0xff);
      if (node < 0) {
        break;
      }
      if (trie.value(node) >= 0) {
        longest = trie.value(node);
      }
    }
    if (longest < 0) {
      throw new IllegalArgumentException(
          "the model's vocabulary has no token for the byte 0x%02x of the text"
              .formatted(text[from] & 0xff));
    }
    return longest;
  }

  @Override
  public byte[] bytes(int token) {
    return token < 0 || token >= bytes.length ? NOTHING : bytes[token].clone();
  }

  @Override
  public int vocabularySize() {
    return bytes.length;
  }

  @Override
  public String name() {
    return "rwkv-world";
  }

  @Override
  public String digest() {
    return digest;
  }

  private static String digest(SortedMap<Integer, byte[]> vocabulary) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      for (Map.Entry<Integer, byte[]> entry : vocabulary.entrySet()) {
        sha.update((entry.getKey() + " " + entry.getValue().length + " ").getBytes(US_ASCII));
        sha.update(entry.getValue());
      }
      return HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
