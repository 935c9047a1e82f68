package dev.skein.model.grammar;

import dev.skein.model.grammar.form.ByteSet;
import org.jspecify.annotations.Nullable;

/** A place in the network of a grammar. Changed only while the network is built. */
final class Node {
  /** The cost of a node from which no end can be reached. */
  static final int DEAD = Integer.MAX_VALUE / 4;

  static final Node[] NONE = {};

  enum Kind {
    /** Reads a byte of {@link #set}, goes on at {@link #next}. */
    READ,
    /** Is any of {@link #targets}. */
    SPLIT,
    /** Runs the rule that begins at {@code targets[0]}, goes on at {@link #next}. */
    CALL,
    /** The end of a rule. */
    END
  }

  final int id;
  final Kind kind;
  ByteSet set = ByteSet.NONE;
  @Nullable Node next;
  Node[] targets = NONE;

  /** A call after which masks are kept apart from what lies below on the stack. */
  boolean framed;

  /** A node from which the next few bytes look the same; often itself. */
  Node twin = this;

  /** Nodes that one token of several bytes leads to, where that is known; only for costs. */
  Node[] jumps = NONE;

  /** The fewest tokens to the end of the rule. */
  int cost = DEAD;

  Node(int id, Kind kind) {
    this.id = id;
    this.kind = kind;
    if (kind == Kind.END) {
      cost = 0;
    }
  }

  Node following() {
    Node known = next;
    if (known == null) {
      throw new IllegalStateException("node " + id + " leads nowhere");
    }
    return known;
  }
}
