package dev.skein.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Workers die, are drained or are stopped for a while, and a router dies, while streams run: every
 * transcript equals the oracle's. What takes longer is in {@link ThreeBrokersTest}.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class WorkerDeathTest {
  private static final int KILLS = 5;

  @TempDir Path folder;

  @Test
  void everyStreamGoesOnAtTheExactToken() throws Exception {
    long began = System.nanoTime();
    try (Chaos chaos = Chaos.start(folder, new Cluster.Shape(1, 3, 2, 20), 12, 240)) {
      for (int i = 0; i < KILLS; i++) {
        chaos.strike(Fault.WORKER_KILLED);
        chaos.mendEnough();
      }
      chaos.strike(Fault.WORKER_DRAINED);
      // A router may die while a worker starts.
      chaos.strike(Fault.ROUTER_KILLED);
      chaos.mendEnough();
      chaos.strike(Fault.WORKER_STOPPED);
      chaos.calm(Duration.ofSeconds(3));
      chaos.land();
      assertThat(chaos.gaps().count(Fault.WORKER_KILLED)).isEqualTo(KILLS);
    }
    System.out.printf("%d s%n", (System.nanoTime() - began) / 1_000_000_000);
  }
}
