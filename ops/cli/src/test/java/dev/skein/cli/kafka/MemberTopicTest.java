package dev.skein.cli.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.cli.cluster.MemberBoard.Beat;
import dev.skein.cli.cluster.MemberBoard.Founder;
import dev.skein.cli.cluster.MemberBoard.Standing;
import dev.skein.cli.cluster.MemberBoard.View;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemberTopicTest {
  private static final String ALICE = "127.0.0.1:7001";
  private static final String BOB = "127.0.0.1:7002";

  @TempDir Path folder;

  @Test
  void oneOfTwoFoundsAndTheOtherHearsOfIt() {
    try (EmbeddedBroker broker = EmbeddedBroker.start(folder, 0)) {
      Properties client = new Properties();
      client.setProperty("bootstrap.servers", broker.address());
      assertThat(KafkaSite.replication(client, Duration.ofSeconds(60))).isEqualTo((short) 1);
      try (MemberTopic alice = MemberTopic.open(client, (short) 1, ALICE)) {
        View alone = alice.exchange(Standing.ALONE, 0);
        assertThat(alone.nodes()).isEmpty();
        assertThat(alone.founder()).isNull();

        Founder founder = Objects.requireNonNull(alice.found());
        assertThat(founder).isEqualTo(new Founder(ALICE, 1, true));
        alice.exchange(Standing.MEMBER, 1);
        try (MemberTopic bob = MemberTopic.open(client, (short) 1, BOB)) {
          assertThat(bob.exchange(Standing.JOINING, 0).nodes())
              .containsExactly(new Beat(ALICE, Standing.MEMBER, 1));
          assertThat(Objects.requireNonNull(bob.found()).address())
              .as("another founding a moment ago")
              .isEqualTo(ALICE);
          assertThat(alice.exchange(Standing.MEMBER, 1).nodes())
              .containsExactly(new Beat(BOB, Standing.JOINING, 0));
        }
        assertThat(alice.exchange(Standing.MEMBER, 1).nodes())
            .as("Bob took his word back")
            .isEmpty();
        assertThat(Objects.requireNonNull(alice.found()).generation())
            .as("a younger cluster has a higher number")
            .isEqualTo(2);
      }
    }
  }
}
