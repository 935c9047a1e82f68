package dev.skein.model.grammar;

import dev.skein.model.grammar.form.ByteSet;
import java.util.List;

/** Finds for every node the fewest tokens to the end of its rule, by relaxing until all agree. */
final class Costs {
  private Costs() {}

  /**
   * @param singles bytes that are tokens by themselves
   */
  static void settle(List<Node> nodes, ByteSet singles) {
    boolean changed = true;
    while (changed) {
      changed = false;
      for (Node node : nodes) {
        changed |= lower(node, singles);
      }
      for (Node node : nodes.reversed()) {
        changed |= lower(node, singles);
      }
    }
  }

  private static boolean lower(Node node, ByteSet singles) {
    int cost = cost(node, singles);
    boolean lower = cost < node.cost;
    node.cost = Math.min(cost, node.cost);
    return lower;
  }

  private static int cost(Node node, ByteSet singles) {
    int least = node.cost;
    switch (node.kind) {
      case READ -> {
        if (node.set.meets(singles)) {
          least = Math.min(least, 1 + node.following().cost);
        }
        for (Node jump : node.jumps) {
          least = Math.min(least, 1 + jump.cost);
        }
      }
      case SPLIT -> {
        for (Node target : node.targets) {
          least = Math.min(least, target.cost);
        }
      }
      case CALL -> least = Math.min(least, node.targets[0].cost + node.following().cost);
      case END -> {}
    }
    return least;
  }
}
