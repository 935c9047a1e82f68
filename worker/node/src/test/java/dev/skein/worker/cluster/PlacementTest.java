package dev.skein.worker.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.worker.cluster.Placement.Node;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlacementTest {
  @Test
  void aNewcomerTakesItsShareAndNothingElseMoves() {
    Node a = node("a", 1, 0, 8);
    Node b = node("b", 1, 8, 16);
    Node c = node("c", 1, 0, 0);
    Set<String> moves = Placement.moves(List.of(a, b, c), 16);
    assertThat(moves).hasSize(5);
    assertThat(left(a, moves)).isBetween(5, 6);
    assertThat(left(b, moves)).isBetween(5, 6);
  }

  @Test
  void whatIsFairStays() {
    assertThat(Placement.moves(List.of(node("a", 1, 0, 6), node("b", 1, 6, 11)), 16)).isEmpty();
    assertThat(Placement.moves(List.of(node("a", 1, 0, 1), node("b", 1, 1, 1)), 16)).isEmpty();
    assertThat(Placement.moves(List.of(), 16)).isEmpty();
  }

  @Test
  void sharesFollowCapacity() {
    Node small = node("small", 2, 0, 8);
    Node large = node("large", 6, 8, 16);
    assertThat(Placement.moves(List.of(small, large), 16)).hasSize(4);
    assertThat(Placement.roomiest(List.of(small, large))).contains(large);
  }

  @Test
  void moreThanAFewDoNotMoveAtOnce() {
    assertThat(Placement.moves(List.of(node("a", 1, 0, 256), node("b", 1, 0, 0)), 8)).hasSize(8);
  }

  private static int left(Node node, Set<String> moves) {
    Set<String> left = new HashSet<>(node.shards());
    left.removeAll(moves);
    return left.size();
  }

  private static Node node(String name, int capacity, int from, int to) {
    return new Node(
        name,
        capacity,
        IntStream.range(from, to).mapToObj(Integer::toString).collect(Collectors.toSet()));
  }
}
