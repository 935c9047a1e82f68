package dev.skein.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Workers are drained and started again in turn under 32 streams: nobody waits long for the token
 * that comes from another worker. The bound holds for a machine with air.
 */
@Tag("full")
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class DrainTest {
  private static final int DRAINS = Integer.getInteger("skein.chaos.drains", 20);
  private static final int STEPS = Integer.getInteger("skein.chaos.steps", 12);
  private static final int BROKERS = Integer.getInteger("skein.chaos.brokers", 3);
  private static final int STREAMS = 32;
  private static final int TOKENS = 100;
  private static final int WAIT_MS_MAX = 300;

  @TempDir Path folder;

  @Test
  void nobodyWaitsLong() throws Exception {
    long began = System.nanoTime();
    try (Chaos chaos =
        Chaos.start(folder, new Cluster.Shape(BROKERS, 3, 2, STEPS, 8), STREAMS, TOKENS)) {
      chaos.warmUp();
      for (int i = 0; i < DRAINS; i++) {
        chaos.calm(Duration.ofSeconds(1));
        chaos.strike(Fault.WORKER_DRAINED);
        chaos.share();
      }
      chaos.land();
      System.out.printf("%d s%n", (System.nanoTime() - began) / 1_000_000_000);
      assertThat(chaos.gaps().count(Fault.WORKER_DRAINED)).isEqualTo(DRAINS);
      if (Chaos.hasAir(chaos.usuallyBusy())) {
        assertThat(chaos.gaps().clientsMs(Fault.WORKER_DRAINED, 0.99))
            .isLessThanOrEqualTo(WAIT_MS_MAX);
      }
    }
  }
}
