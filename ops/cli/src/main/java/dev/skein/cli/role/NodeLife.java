package dev.skein.cli.role;

import dev.skein.cli.CommandFailure;
import dev.skein.cli.cluster.ClusterSystem;
import dev.skein.cli.cluster.Membership;
import dev.skein.cli.cluster.Place;
import dev.skein.cli.kafka.MemberTopic;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;

/**
 * A node's life in its cluster, from joining to leaving or to being taken for dead. What it runs is
 * added with {@link #runs}, and ends with it.
 */
final class NodeLife implements AutoCloseable {
  private final ClusterSystem system;
  private final Deque<AutoCloseable> first = new ArrayDeque<>();
  private final Deque<AutoCloseable> last = new ArrayDeque<>();
  private final List<BooleanSupplier> parts = new CopyOnWriteArrayList<>();

  private NodeLife(ClusterSystem system) {
    this.system = system;
  }

  /**
   * Begins to join.
   *
   * @param nodes of the cluster; empty: it is found through Kafka
   */
  static NodeLife begin(Place place, List<String> nodes, Properties client, short replication) {
    NodeLife life = new NodeLife(ClusterSystem.node(place));
    try {
      if (nodes.isEmpty()) {
        MemberTopic board = MemberTopic.open(client, replication, life.system.address());
        // Closed before leaving: nobody shall join through a node that goes, and it must not join
        // anew.
        life.first.push(Membership.start(life.system, board));
      } else {
        life.system.joinAny(nodes);
      }
      return life;
    } catch (RuntimeException e) {
      life.system.close();
      throw e;
    }
  }

  ClusterSystem system() {
    return system;
  }

  /** To be closed when this node has left the cluster: its shards are elsewhere by then. */
  void runs(AutoCloseable part, BooleanSupplier ready) {
    last.push(part);
    parts.add(ready);
  }

  /** To be closed while this node is still a member. */
  void runsOutside(AutoCloseable part, BooleanSupplier ready) {
    first.push(part);
    parts.add(ready);
  }

  /** Whether everything that it runs is ready. */
  boolean ready() {
    return !system.ended()
        && system.isUp()
        && !parts.isEmpty()
        && parts.stream().allMatch(BooleanSupplier::getAsBoolean);
  }

  boolean ended() {
    return system.ended();
  }

  /** Leaves, or only tidies up if the cluster has ended this life. */
  @Override
  public void close() {
    parts.clear();
    closeAll(first);
    try {
      if (!system.ended()) {
        system.leave();
      }
    } finally {
      closeAll(last);
      system.close();
    }
  }

  private static void closeAll(Deque<AutoCloseable> parts) {
    while (!parts.isEmpty()) {
      AutoCloseable part = parts.pop();
      try {
        part.close();
      } catch (Exception e) {
        throw new CommandFailure(
            "stopping " + part.getClass().getSimpleName() + ": " + e.getMessage(), e);
      }
    }
  }
}
