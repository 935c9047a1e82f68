package dev.skein.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.StreamSupport;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class ClusterSystemTest {
  @Test
  void becomesAClusterOfItsOwnWithItsRoles() {
    try (ClusterSystem alone = ClusterSystem.alone(List.of("worker", "router"))) {
      Cluster cluster = Cluster.get(alone.system());
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> cluster.selfMember().status().equals(MemberStatus.up()));
      assertThat(cluster.selfMember().getRoles()).contains("worker", "router");
      assertThat(cluster.selfMember().address().getHost()).contains("127.0.0.1");
    }
  }

  @Test
  void sectionsThatCopyOthersSeeOurValues() {
    var settings = ClusterSystem.settings("skein-alone.conf", List.of("worker"));
    assertThat(settings.getDuration("pekko.cluster.sharded-daemon-process.sharding.retry-interval"))
        .isEqualTo(Duration.ofSeconds(1));
    assertThat(
            settings.getDuration(
                "pekko.cluster.sharding.coordinator-singleton.hand-over-retry-interval"))
        .isEqualTo(Duration.ofMillis(200));
  }

  /**
   * Tuned values that do not reach the daemon's copy of the section would cost seconds at every
   * death.
   */
  @Test
  void theTunedValuesReachTheShardedDaemon() {
    var settings = ClusterSystem.settings("skein-cluster.conf", List.of("worker"));
    var sharding = settings.getConfig("pekko.cluster.sharded-daemon-process.sharding");
    assertThat(sharding.getDuration("retry-interval")).isEqualTo(Duration.ofMillis(200));
    assertThat(sharding.getDuration("updating-state-timeout")).isEqualTo(Duration.ofSeconds(1));
    assertThat(sharding.getDuration("coordinator-singleton.hand-over-retry-interval"))
        .isEqualTo(Duration.ofMillis(200));
    assertThat(sharding.getDuration("distributed-data.notify-subscribers-interval"))
        .isEqualTo(Duration.ofMillis(100));
  }

  @Test
  void nodesJoinAndANodeWhosePortIsDeadIsRemoved() {
    try (ClusterSystem first = ClusterSystem.node(place());
        ClusterSystem second = ClusterSystem.node(place())) {
      ClusterSystem third = ClusterSystem.node(place());
      first.found();
      second.join(first.address());
      third.joinAny(List.of(first.address(), second.address()));
      await(() -> first.isUp() && second.isUp() && third.isUp());
      third.close();
      assertThat(third.ended()).isTrue();
      await(() -> members(first) == 2 && members(second) == 2);
      second.leave();
      await(() -> members(first) == 1);
    }
  }

  private static Place place() {
    return new Place("127.0.0.1", 0, "127.0.0.1", 0, List.of("router"));
  }

  private static long members(ClusterSystem of) {
    return StreamSupport.stream(Cluster.get(of.system()).state().getMembers().spliterator(), false)
        .count();
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(condition);
  }
}
