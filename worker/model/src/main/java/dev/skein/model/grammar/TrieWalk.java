package dev.skein.model.grammar;

/** Walks the tokens of a vocabulary beside a position; one thread at a time may use it. */
final class TrieWalk {
  private final TokenTrie trie;
  private final Position[] path;

  TrieWalk(TokenTrie trie) {
    this.trie = trie;
    this.path = new Position[trie.depth() + 1];
  }

  /** Is told what the walk meets. */
  interface Visitor {
    /** The bytes of the node's token, if it has one, lead to this position. */
    void met(int node, int token, Position position);
  }

  /** Visits the nodes below one that can be read from a position, which stands at that node. */
  void below(int node, Position from, Visitor visitor) {
    int depth = trie.depth(node);
    int end = trie.end(node);
    path[depth] = from;
    int i = node + 1;
    while (i < end) {
      int at = trie.depth(i);
      Position position = path[at - 1].after(trie.label(i));
      if (position.isDead()) {
        i = trie.end(i);
      } else {
        path[at] = position;
        visitor.met(i, trie.token(i), position);
        i++;
      }
    }
  }
}
