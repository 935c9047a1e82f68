package dev.skein.worker.cluster;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.Address;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.sharding.ShardCoordinator;
import org.apache.pekko.cluster.sharding.ShardRegion;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.dispatch.Futures;
import scala.collection.immutable.IndexedSeq;
import scala.concurrent.Future;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Asks {@link Placement} on behalf of Pekko's coordinator. A node that leaves or cannot be reached
 * is offered nothing; while any cannot be reached, or shards are on the move, nothing is moved.
 */
final class ShardAllocation extends ShardCoordinator.AbstractShardAllocationStrategy {

  /** Prefix of the role that says how much a node can do, {@code capacity-8}; without: 1. */
  static final String CAPACITY_ROLE = "capacity-";

  private static final int MOVES_AT_ONCE = 8;

  private final Cluster cluster;

  ShardAllocation(Cluster cluster) {
    this.cluster = cluster;
  }

  @Override
  public Future<ActorRef> allocateShard(
      ActorRef requester, String shard, Map<ActorRef, IndexedSeq<String>> allocated) {
    Map<String, ActorRef> regions = new HashMap<>();
    List<Placement.Node> nodes = nodes(allocated, regions);
    ActorRef chosen =
        Placement.roomiest(nodes).map(node -> regions.get(node.name())).orElse(requester);
    // Where nobody asks for it a shard's owner would start with the next round of pings.
    chosen.tell(new ShardRegion.StartEntity(shard), ActorRef.noSender());
    return Futures.successful(chosen);
  }

  @Override
  public Future<Set<String>> rebalance(
      Map<ActorRef, IndexedSeq<String>> allocated, Set<String> underWay) {
    List<Placement.Node> nodes = nodes(allocated, new HashMap<>());
    boolean settled = underWay.isEmpty() && nodes.size() == allocated.size();
    return Futures.successful(settled ? Placement.moves(nodes, MOVES_AT_ONCE) : Set.of());
  }

  private List<Placement.Node> nodes(
      Map<ActorRef, IndexedSeq<String>> allocated, Map<String, ActorRef> regions) {
    Map<Address, Member> members = members();
    List<Placement.Node> nodes = new ArrayList<>();
    allocated.forEach((region, shards) -> {
      Address address = region.path().address();
      Member member =
          members.get(address.hasLocalScope() ? cluster.selfMember().address() : address);
      if (member != null) {
        String name = member.address().toString();
        regions.put(name, region);
        nodes.add(
            new Placement.Node(
                name, capacity(member), new HashSet<>(CollectionConverters.asJava(shards))));
      }
    });
    return nodes;
  }

  private Map<Address, Member> members() {
    ClusterEvent.CurrentClusterState state = cluster.state();
    Map<Address, Member> members = new HashMap<>();
    for (Member member : state.getMembers()) {
      boolean stays =
          member.status().equals(MemberStatus.up())
              || member.status().equals(MemberStatus.weaklyUp());
      if (stays && !state.getUnreachable().contains(member)) {
        members.put(member.address(), member);
      }
    }
    return members;
  }

  private static int capacity(Member member) {
    return member.getRoles().stream()
        .filter(role -> role.matches(CAPACITY_ROLE + "[1-9][0-9]{0,4}"))
        .mapToInt(role -> Integer.parseInt(role.substring(CAPACITY_ROLE.length())))
        .findFirst()
        .orElse(1);
  }
}
