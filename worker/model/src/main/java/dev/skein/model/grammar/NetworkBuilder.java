package dev.skein.model.grammar;

import dev.skein.model.grammar.form.ByteSet;
import dev.skein.model.grammar.form.Expression;
import dev.skein.model.grammar.form.Rules;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * Turns expressions into nodes, from the end to the beginning: what an expression is followed by is
 * built before it. The same expression followed by the same node is built once.
 */
final class NetworkBuilder {
  private static final int NODES_MAX = 100_000;
  private static final int INLINE_MAX = 48;
  private static final int DEPTH_MAX = 400;

  private final Rules rules;
  private final TokenTrie trie;
  private final Emptiness emptiness;
  private final List<Node> nodes = new ArrayList<>();
  private final IdentityHashMap<Expression, IdentityHashMap<Node, Node>> built =
      new IdentityHashMap<>();
  private final IdentityHashMap<Expression, Node> entries =
      new IdentityHashMap<>(); // of bodies that are called
  private final Deque<Runnable> open = new ArrayDeque<>(); // called bodies that are not built yet
  private final int[] sizes; // of rules, in nodes; 0: not known
  private int depth;

  private NetworkBuilder(Rules rules, TokenTrie trie) {
    this.rules = rules;
    this.trie = trie;
    this.emptiness = new Emptiness(rules);
    this.sizes = new int[rules.size()];
  }

  /** All nodes; the first one is where a text begins. */
  static List<Node> build(Rules rules, TokenTrie trie) {
    NetworkBuilder builder = new NetworkBuilder(rules, trie);
    builder.entry(rules.body(0));
    while (!builder.open.isEmpty()) {
      builder.open.removeFirst().run();
    }
    return builder.nodes;
  }

  /** The node at which a body that is called begins. */
  private Node entry(Expression body) {
    Node known = entries.get(body);
    if (known != null) {
      return known;
    }
    Node entry = node(Node.Kind.SPLIT);
    entries.put(body, entry);
    open.add(() -> entry.targets = new Node[] {build(body, node(Node.Kind.END))});
    return entry;
  }

  private Node node(Node.Kind kind) {
    if (nodes.size() == NODES_MAX) {
      throw new IllegalArgumentException(
          "The constraint is too large: it needs more than %d states. Lower the greatest counts in it."
              .formatted(NODES_MAX));
    }
    Node node = new Node(nodes.size(), kind);
    nodes.add(node);
    return node;
  }

  private Node build(Expression expression, Node next) {
    IdentityHashMap<Node, Node> known =
        built.computeIfAbsent(expression, e -> new IdentityHashMap<>());
    Node before = known.get(next);
    if (before != null) {
      return before;
    }
    if (++depth > DEPTH_MAX) {
      throw new IllegalArgumentException(
          "The constraint is nested more than %d deep.".formatted(DEPTH_MAX));
    }
    Node start =
        switch (expression) {
          case Expression.Literal literal -> literal(literal.bytes(), next);
          case Expression.OneByte one -> read(one.set(), next);
          case Expression.Sequence sequence -> {
            Node from = next;
            for (Expression part : sequence.parts().reversed()) {
              from = build(part, from);
            }
            yield from;
          }
          case Expression.Choice choice ->
              split(choice.branches().stream().map(b -> build(b, next)).toArray(Node[]::new));
          case Expression.Repeat repeat -> repeat(repeat, next);
          case Expression.Reference reference -> reference(reference, next);
        };
    depth--;
    known.put(next, start);
    return start;
  }

  private Node read(ByteSet set, Node next) {
    Node node = node(Node.Kind.READ);
    node.set = set;
    node.next = next;
    return node;
  }

  private Node split(Node... targets) {
    Node node = node(Node.Kind.SPLIT);
    node.targets = targets;
    return node;
  }

  private Node call(Node entry, boolean framed, Node next) {
    Node node = node(Node.Kind.CALL);
    node.targets = new Node[] {entry};
    node.framed = framed;
    node.next = next;
    return node;
  }

  private Node literal(byte[] bytes, Node next) {
    Node[] places = new Node[bytes.length + 1];
    places[bytes.length] = next;
    for (int i = bytes.length - 1; i >= 0; i--) {
      places[i] = read(ByteSet.NONE.with(bytes[i] & 0xff), places[i + 1]);
      List<Node> jumps = new ArrayList<>();
      int from = i;
      trie.tokensAt(bytes, from, length -> jumps.add(places[from + length]));
      places[i].jumps = jumps.toArray(Node[]::new);
    }
    return places[0];
  }

  private Node reference(Expression.Reference reference, Node next) {
    Expression body = rules.body(reference.rule());
    if (!reference.framed() && size(reference.rule()) <= INLINE_MAX) {
      return build(body, next);
    }
    return call(entry(body), true, next);
  }

  /** The nodes of a rule with all that it refers to; more than enough for one that calls itself. */
  private int size(int rule) {
    if (sizes[rule] == 0) {
      sizes[rule] = INLINE_MAX + 1;
      sizes[rule] = Math.max(1, size(rules.body(rule)));
    }
    return sizes[rule];
  }

  private int size(Expression expression) {
    long size =
        switch (expression) {
          case Expression.Literal literal -> literal.bytes().length;
          case Expression.OneByte one -> 1;
          case Expression.Sequence(List<Expression> parts) -> sum(parts);
          case Expression.Choice(List<Expression> branches) -> 1 + sum(branches);
          case Expression.Repeat(Expression body, int least, int most) -> 1 + size(body);
          case Expression.Reference(int rule, boolean framed) -> framed ? 1 : size(rule);
        };
    return (int) Math.min(size, INLINE_MAX + 1);
  }

  private long sum(List<Expression> parts) {
    long sum = 0;
    for (Expression part : parts) {
      sum += size(part);
    }
    return sum;
  }

  // ---- repetitions

  private Node repeat(Expression.Repeat repeat, Node next) {
    Expression body = repeat.body();
    int least = repeat.least();
    if (repeat.most() == Expression.UNBOUNDED) {
      Node loop = node(Node.Kind.SPLIT);
      loop.targets = new Node[] {build(body, loop), next};
      return least == 0 ? loop : least == 1 ? build(body, loop) : chain(body, least, least, loop);
    }
    if (repeat.most() == 1) {
      Node once = build(body, next);
      return least == 1 ? once : split(once, next);
    }
    return repeat.most() == 0 ? next : chain(body, least, repeat.most(), next);
  }

  /** A row of bodies; behind the first {@code least} of them the row may be left. */
  private Node chain(Expression body, int least, int most, Node next) {
    boolean small = body instanceof Expression.OneByte;
    Node[] bodies = new Node[most];
    Node[] places = new Node[most + 1];
    places[most] = next;
    for (int i = most - 1; i >= 0; i--) {
      bodies[i] = small ? build(body, places[i + 1]) : call(entry(body), false, places[i + 1]);
      places[i] = i < least ? bodies[i] : split(bodies[i], next);
    }
    if (!emptiness.holds(body)) {
      pair(bodies, places, least, most);
    }
    return places[0];
  }

  /** Far enough from both ends of a part of the row, no token can tell one place from another. */
  private void pair(Node[] bodies, Node[] places, int least, int most) {
    int reach = trie.depth() + 1;
    for (int i = 0; i < most; i++) {
      int first = i < least ? 0 : least;
      int end = i < least ? least : most;
      if (i + reach < end) {
        places[i].twin = places[first];
        bodies[i].twin = bodies[first];
      }
    }
  }
}
