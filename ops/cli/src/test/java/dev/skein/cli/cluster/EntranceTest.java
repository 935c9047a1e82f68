package dev.skein.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.cli.cluster.Entrance.Step;
import dev.skein.cli.cluster.MemberBoard.Beat;
import dev.skein.cli.cluster.MemberBoard.Standing;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EntranceTest {
  private static final String SELF = "127.0.0.5:7000";
  private static final String SMALLER = "127.0.0.1:7000";
  private static final String GREATER = "127.0.0.9:7000";

  private final Map<String, Contact> contacts = new HashMap<>();
  private final Entrance entrance = entrance();

  private Entrance entrance() {
    return new Entrance(SELF, node -> contacts.getOrDefault(node, Contact.ANSWERS));
  }

  private static Beat member(String node, long generation) {
    return new Beat(node, Standing.MEMBER, generation);
  }

  private static Beat joining(String node) {
    return new Beat(node, Standing.JOINING, 0);
  }

  @Test
  void aNodeThatReachesAllMembersSaysSoAndAsksTheYoungestCluster() {
    List<Beat> nodes = List.of(member(SMALLER, 3), member(GREATER, 4));
    assertThat(entrance.standing()).isEqualTo(Standing.ALONE);
    assertThat(entrance.next(nodes)).isEqualTo(new Step.Announce());
    assertThat(entrance.standing()).isEqualTo(Standing.JOINING);
    assertThat(entrance.next(nodes)).isEqualTo(new Step.Ask(member(GREATER, 4)));
  }

  @Test
  void whoeverDoesNotLetItInIsNotAskedAgainBeforeAllOthers() {
    List<Beat> nodes = List.of(member(SMALLER, 4), member(GREATER, 4));
    entrance.next(nodes);
    Set<Step> asked = new HashSet<>(List.of(entrance.next(nodes), entrance.next(nodes)));
    assertThat(asked)
        .containsExactlyInAnyOrder(
            new Step.Ask(member(SMALLER, 4)), new Step.Ask(member(GREATER, 4)));
    assertThat(entrance.next(nodes)).isEqualTo(new Step.Found());
    assertThat(entrance.next(nodes)).isInstanceOf(Step.Ask.class);
  }

  @Test
  void aNodeFoundsAClusterWhereNobodyIsOrAllAreDead() {
    contacts.put(SMALLER, Contact.REFUSES);
    List<Beat> nodes = List.of(member(SMALLER, 3), new Beat(GREATER, Standing.ALONE, 0));
    entrance.next(nodes);
    assertThat(entrance.next(nodes)).isEqualTo(new Step.Found());
  }

  @Test
  void aMemberThatIsNotReachedIsWaitedForHoweverManyOthersAre() {
    contacts.put(GREATER, Contact.SILENT);
    List<Beat> nodes = List.of(member(SMALLER, 3), member(GREATER, 3));
    for (int look = 0; look < 100; look++) {
      assertThat(entrance.next(nodes)).isEqualTo(new Step.Wait(GREATER));
      assertThat(entrance.standing()).isEqualTo(Standing.ALONE);
    }
    contacts.put(GREATER, Contact.ANSWERS);
    assertThat(entrance.next(nodes)).isEqualTo(new Step.Announce());
    assertThat(entrance.next(nodes)).isInstanceOf(Step.Ask.class);
  }

  @Test
  void ofTwoThatJoinTheGreaterStepsBackAndTheSmallerWaitsForThat() {
    contacts.put(SMALLER, Contact.SILENT);
    entrance.next(List.of());
    assertThat(entrance.next(List.of(joining(SMALLER)))).isEqualTo(new Step.Wait(SMALLER));
    assertThat(entrance.standing()).isEqualTo(Standing.ALONE);

    contacts.put(GREATER, Contact.SILENT);
    Entrance smaller = entrance();
    smaller.next(List.of());
    assertThat(smaller.next(List.of(joining(GREATER)))).isEqualTo(new Step.Wait(GREATER));
    assertThat(smaller.standing()).isEqualTo(Standing.JOINING);
    assertThat(smaller.next(List.of())).isEqualTo(new Step.Found());
  }

  /** Words reach the board one after another, and each node looks after it has said its own. */
  @Test
  void ofTwoThatDoNotReachEachOtherExactlyOneGoesInHoweverTheyRace() {
    Beat third = member("127.0.0.3:7000", 1);
    for (int seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      Map<String, Beat> board = new HashMap<>(Map.of(third.address(), third));
      Map<String, Entrance> doors = new HashMap<>();
      for (String node : List.of(SMALLER, GREATER)) {
        doors.put(
            node,
            new Entrance(
                node, other -> other.equals(third.address()) ? Contact.ANSWERS : Contact.SILENT));
      }
      Set<String> inside = new HashSet<>();
      Set<String> looking = new HashSet<>();
      for (int step = 0; step < 80; step++) {
        String node = random.nextBoolean() ? SMALLER : GREATER;
        Entrance door = Objects.requireNonNull(doors.get(node));
        if (looking.add(node)) {
          board.put(
              node, inside.contains(node) ? member(node, 1) : new Beat(node, door.standing(), 0));
        } else {
          looking.remove(node);
          Map<String, Beat> seen = new HashMap<>(board);
          seen.remove(node);
          if (!inside.contains(node) && door.next(List.copyOf(seen.values())) instanceof Step.Ask) {
            inside.add(node);
          }
        }
      }
      assertThat(inside).as("seed %d", seed).hasSize(1);
    }
  }
}
