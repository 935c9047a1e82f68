package dev.skein.system.cluster;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A worker hears nothing of the other nodes any more, or two workers hear nothing of each other,
 * but the brokers still hear all: two owners, each convinced, and every transcript equals the
 * oracle's.
 */
@Tag("full")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class PartitionTest {
  private static final Cluster.Shape SHAPE = new Cluster.Shape(1, 3, 1, 10);

  @TempDir Path folder;

  @Test
  void bothSidesOfAPartitionWriteOneStream() throws Exception {
    Assumptions.assumeTrue(
        Network.isPermitted(), "network namespaces cannot be made here: that needs root");
    try (Network network = Network.of(SHAPE.nodes());
        Chaos chaos = Chaos.start(folder, SHAPE, network, 12, 200)) {
      for (int i = 0; i < 2; i++) {
        chaos.strike(network);
      }
      chaos.strikePair(network);
      chaos.land();
    }
  }
}
