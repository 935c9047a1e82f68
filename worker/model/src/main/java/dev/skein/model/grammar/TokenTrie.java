package dev.skein.model.grammar;

import dev.skein.model.grammar.form.ByteSet;
import dev.skein.model.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * The tokens of a vocabulary as a trie over their bytes, laid out in the order of a walk: the nodes
 * below node {@code i} are those from {@code i + 1} to {@code end(i)}. Node 0 is the root.
 */
final class TokenTrie {
  static final int NONE = -1;

  private final byte[] labels;
  private final int[] ends;
  private final int[] tokens;
  private final short[] depths;
  private final int[] namesakes;
  private final int depth;
  private final ByteSet singles;

  /**
   * @param vocabulary ids are below this
   */
  TokenTrie(Tokenizer tokenizer, int vocabulary) {
    List<Word> words = new ArrayList<>();
    for (int id = 0; id < Math.min(vocabulary, tokenizer.vocabularySize()); id++) {
      byte[] bytes = tokenizer.bytes(id);
      if (bytes.length > 0) {
        words.add(new Word(id, bytes));
      }
    }
    words.sort((x, y) -> Arrays.compareUnsigned(x.bytes(), y.bytes()));
    int nodes = 1;
    int longest = 0;
    byte[] previous = {};
    for (Word word : words) {
      int shared = shared(previous, word.bytes());
      nodes += word.bytes().length - shared;
      longest = Math.max(longest, word.bytes().length);
      previous = word.bytes();
    }
    this.labels = new byte[nodes];
    this.ends = new int[nodes];
    this.tokens = new int[nodes];
    this.depths = new short[nodes];
    this.namesakes = new int[vocabulary];
    this.depth = longest;
    Arrays.fill(tokens, NONE);
    Arrays.fill(namesakes, NONE);
    lay(words);
    ByteSet alone = ByteSet.NONE;
    for (Word word : words) {
      alone = word.bytes().length == 1 ? alone.with(word.bytes()[0] & 0xff) : alone;
    }
    this.singles = alone;
  }

  @SuppressWarnings("ArrayRecordComponent") // only sorted
  private record Word(int id, byte[] bytes) {}

  private void lay(List<Word> words) {
    int[] open = new int[depth + 1]; // the node of each depth on the way to the current word
    int nodes = 1;
    byte[] previous = {};
    for (Word word : words) {
      byte[] bytes = word.bytes();
      int shared = shared(previous, bytes);
      for (int i = previous.length; i > shared; i--) {
        ends[open[i]] = nodes;
      }
      for (int i = shared; i < bytes.length; i++) {
        labels[nodes] = bytes[i];
        depths[nodes] = (short) (i + 1);
        open[i + 1] = nodes++;
      }
      int node = open[bytes.length];
      namesakes[word.id()] = tokens[node];
      tokens[node] = word.id();
      previous = bytes;
    }
    for (int i = previous.length; i >= 0; i--) {
      ends[open[i]] = nodes;
    }
  }

  private static int shared(byte[] a, byte[] b) {
    int at = Arrays.mismatch(a, b);
    return at < 0 ? a.length : at;
  }

  /** The byte that leads to a node. */
  int label(int node) {
    return labels[node] & 0xff;
  }

  /** Behind the last node below a node. */
  int end(int node) {
    return ends[node];
  }

  /** Bytes from the root. */
  int depth(int node) {
    return depths[node];
  }

  /** The token whose bytes lead to a node, or {@link #NONE}. */
  int token(int node) {
    return tokens[node];
  }

  /** Another token with the same bytes, or {@link #NONE}. */
  int namesake(int token) {
    return namesakes[token];
  }

  /** Bytes of the longest token. */
  int depth() {
    return depth;
  }

  /** The bytes that are tokens by themselves. */
  ByteSet singles() {
    return singles;
  }

  int vocabulary() {
    return namesakes.length;
  }

  /** Tells the lengths of the tokens that stand in a text at a place. */
  void tokensAt(byte[] text, int from, IntConsumer lengths) {
    int node = 0;
    for (int i = from; i < text.length; i++) {
      node = child(node, text[i] & 0xff);
      if (node < 0) {
        return;
      }
      if (tokens[node] >= 0) {
        lengths.accept(i + 1 - from);
      }
    }
  }

  private int child(int node, int value) {
    for (int i = node + 1; i < ends[node]; i = ends[i]) {
      if ((labels[i] & 0xff) == value) {
        return i;
      }
    }
    return NONE;
  }
}
