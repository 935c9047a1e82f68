package dev.skein.model.grammar;

import dev.skein.model.grammar.form.Rules;
import dev.skein.model.sampling.TokenMask;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A compiled constraint: the network, and what was found out about its positions so far. The same
 * constraint and vocabulary give the same grammar. Thread-safe.
 */
public final class Grammar {
  private static final long BYTES_MAX = 8L << 20;

  private final TokenTrie trie;
  private final List<Node> nodes;
  private final int digest;
  private volatile Positions family;

  private Grammar(TokenTrie trie, List<Node> nodes) {
    this.trie = trie;
    this.nodes = List.copyOf(nodes);
    this.digest = digest(nodes);
    this.family = new Positions(trie);
  }

  static Grammar compile(Rules rules, TokenTrie trie) {
    new Emptiness(rules).refuseLeftRecursion();
    List<Node> nodes = NetworkBuilder.build(rules, trie);
    Costs.settle(nodes, trie.singles());
    if (nodes.getFirst().cost >= Node.DEAD) {
      throw new IllegalArgumentException("No text of finite length can keep the constraint.");
    }
    return new Grammar(trie, nodes);
  }

  /**
   * The fewest tokens of a whole text; what no token but single bytes can spell counts in bytes.
   */
  public int shortest() {
    return nodes.getFirst().cost;
  }

  /** Before the first token. */
  public Position start() {
    return family.at(nodes.getFirst(), null);
  }

  /** After a token with these bytes; null if that is not allowed. */
  @org.jspecify.annotations.Nullable
  Position after(Position position, byte[] bytes) {
    Position at = current(position);
    for (byte value : bytes) {
      at = at.after(value & 0xff);
    }
    return at.isDead() || bytes.length == 0 ? null : at;
  }

  /**
   * The same position in a family of bounded size: when one has grown too large, it is left behind
   * and a new one is begun.
   */
  Position current(Position position) {
    Positions newest = family;
    if (newest.bytes() > BYTES_MAX) {
      newest = new Positions(trie);
      family = newest;
    }
    return position.family().equals(newest)
        ? position
        : newest.of(position.places, position.accepts);
  }

  /**
   * The tokens that may follow.
   *
   * @param left how many tokens may be drawn, this one included: the text must be whole by then
   * @param scratch used when the budget is near
   */
  TokenMask mask(Position position, int left, TokenMask scratch) {
    FullMask full = position.full();
    if (full.worst() <= left - 1) {
      return full.tokens();
    }
    scratch.clear();
    new TrieWalk(trie)
        .below(
            0,
            position,
            (node, token, reached) -> {
              if (token >= 0 && reached.cost <= left - 1) {
                FullMask.allow(scratch, token, trie);
              }
            });
    return scratch;
  }

  TokenMask newMask() {
    return new TokenMask(trie.vocabulary());
  }

  // ---- positions as bytes

  byte[] write(Position position) {
    return PositionBytes.write(position, digest);
  }

  /**
   * Refuses the bytes of a position in another grammar.
   *
   * @throws IllegalArgumentException saying so
   */
  public void check(byte[] position) {
    read(position);
  }

  /**
   * The position that was written.
   *
   * @throws IllegalArgumentException if it was written by another grammar
   */
  Position read(byte[] bytes) {
    return new PositionBytes(nodes, digest).read(bytes, family);
  }

  private static int digest(List<Node> nodes) {
    CRC32C sum = new CRC32C();
    for (Node node : nodes) {
      update(sum, node.kind.name().charAt(0));
      update(sum, node.set.hashCode());
      update(sum, node.next == null ? -1 : node.next.id);
      for (Node target : node.targets) {
        update(sum, target.id);
      }
    }
    return (int) sum.getValue();
  }

  private static void update(CRC32C sum, int value) {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      sum.update(value >>> shift);
    }
  }
}
