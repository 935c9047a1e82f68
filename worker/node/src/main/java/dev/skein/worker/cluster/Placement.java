package dev.skein.worker.cluster;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which node shall run a shard, and which shards shall move. A node's fair share is proportional to
 * its capacity, and a shard moves only where that brings the fullest node down: a node that joins
 * takes its share and nothing else moves. Pure.
 */
final class Placement {

  private Placement() {}

  /**
   * A node that may run shards.
   *
   * @param name its address
   * @param capacity how much it can do beside the others; positive
   * @param shards what it runs
   */
  record Node(String name, int capacity, Set<String> shards) {
    double fullness(int more) {
      return (shards.size() + more) / (double) capacity;
    }
  }

  /** The node that one more shard fills least; of equals the one whose name comes first. */
  static Optional<Node> roomiest(Collection<Node> nodes) {
    return nodes.stream()
        .min(Comparator.comparingDouble((Node n) -> n.fullness(1)).thenComparing(Node::name));
  }

  /**
   * Shards that shall leave where they are, so that {@link #roomiest} finds them a better place.
   *
   * @param atMost how many may move at once
   */
  static Set<String> moves(Collection<Node> nodes, int atMost) {
    Map<String, Node> plan = new HashMap<>();
    nodes.forEach(
        n -> plan.put(n.name(), new Node(n.name(), n.capacity(), new HashSet<>(n.shards()))));
    Set<String> moved = new HashSet<>();
    while (moved.size() < atMost) {
      List<Node> all = new ArrayList<>(plan.values());
      Optional<Node> to = roomiest(all);
      Optional<Node> from =
          all.stream()
              .max(
                  Comparator.comparingDouble((Node n) -> n.fullness(0))
                      .thenComparing(Node::name, Comparator.reverseOrder()));
      if (from.isEmpty() || to.isEmpty() || to.get().fullness(1) >= from.get().fullness(0)) {
        return moved;
      }
      String shard = from.get().shards().stream().max(Comparator.naturalOrder()).orElseThrow();
      from.get().shards().remove(shard);
      to.get().shards().add(shard);
      moved.add(shard);
    }
    return moved;
  }
}
