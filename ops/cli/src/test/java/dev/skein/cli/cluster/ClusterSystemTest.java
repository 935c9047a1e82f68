package dev.skein.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
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
}
