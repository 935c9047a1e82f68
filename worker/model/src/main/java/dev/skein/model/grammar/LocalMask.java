package dev.skein.model.grammar;

import dev.skein.model.sampling.TokenMask;
import java.util.Arrays;

/**
 * What may follow a position, as far as the framed rule around it can tell.
 *
 * @param tokens that stay within the rule, or end with it
 * @param exits nodes of the trie at which the rule may have ended, and tokens go on
 * @param growth by how much the cost rises at most over one of these tokens
 */
@SuppressWarnings("ArrayRecordComponent") // nodes by the thousand; nobody compares them
record LocalMask(TokenMask tokens, int[] exits, int growth) {

  static LocalMask of(Position position, TokenTrie trie) {
    Finder finder = new Finder(trie);
    new TrieWalk(trie).below(0, position, finder);
    return new LocalMask(
        finder.tokens, Arrays.copyOf(finder.exits, finder.exitCount), finder.worst - position.cost);
  }

  long bytes() {
    return 8L * tokens.words() + 4L * exits.length;
  }

  private static final class Finder implements TrieWalk.Visitor {
    private final TokenTrie trie;
    private final TokenMask tokens;
    private int[] exits = new int[16];
    private int exitCount;
    private int worst;

    Finder(TokenTrie trie) {
      this.trie = trie;
      this.tokens = new TokenMask(trie.vocabulary());
    }

    @Override
    public void met(int node, int token, Position position) {
      if (token >= 0) {
        FullMask.allow(tokens, token, trie);
        worst = Math.max(worst, position.cost);
      }
      if (position.accepts && trie.end(node) > node + 1) {
        if (exitCount == exits.length) {
          exits = Arrays.copyOf(exits, 2 * exitCount);
        }
        exits[exitCount++] = node;
      }
    }
  }
}
