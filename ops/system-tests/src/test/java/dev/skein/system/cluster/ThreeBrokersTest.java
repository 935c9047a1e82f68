package dev.skein.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three brokers, three workers and two routers, 32 streams, and every kind of fault: nothing is
 * lost and nothing is doubled, and clients wait no longer than the bounds say. The bounds hold for
 * a machine with air, which is measured before the first fault, that of a drain also between the
 * faults; on a saturated one only the transcripts count.
 */
class ThreeBrokersTest {
  private static final int STEPS = Integer.getInteger("skein.chaos.steps", 8);
  private static final Cluster.Shape SHAPE = new Cluster.Shape(3, 3, 2, STEPS, 8);
  private static final int STREAMS = 32;
  private static final int TOKENS = 100;

  /** Two workers are killed in each. */
  private static final int ROUNDS = Integer.getInteger("skein.chaos.rounds", 10);

  /** The other faults in turn; {@code skein.chaos.others} names some of them, with commas. */
  private static final List<Fault> OTHERS =
      chosen(
          Fault.WORKER_DRAINED,
          Fault.BROKER_KILLED,
          Fault.WORKER_DRAINED,
          Fault.ROUTER_KILLED,
          Fault.CONTROLLER_KILLED,
          Fault.WORKER_STOPPED,
          Fault.WORKER_DRAINED,
          Fault.BROKER_STOPPED,
          Fault.ROUTER_STOPPED,
          Fault.WORKER_DRAINED);

  private static List<Fault> chosen(Fault... all) {
    String some = System.getProperty("skein.chaos.others");
    return some == null
        ? List.of(all)
        : Arrays.stream(some.split(",")).map(Fault::valueOf).toList();
  }

  /** Measured before the first fault: later a process has always just started and compiles. */
  private static final Duration REFERENCE_LOAD = Duration.ofSeconds(10);

  @TempDir Path folder;

  @Test
  @Tag("full")
  @Timeout(value = 20, unit = TimeUnit.MINUTES)
  void twentyKillsAndWhatElseCanHappen() throws Exception {
    run(ROUNDS, OTHERS, 1);
  }

  @Test
  @Tag("long")
  @Timeout(value = 3, unit = TimeUnit.HOURS)
  void twoHundredKills() throws Exception {
    List<Fault> others = new ArrayList<>(OTHERS);
    others.add(Fault.WORKER_STOPPED_LONG);
    run(10 * ROUNDS, others, 5);
  }

  /** In each round two kills of workers, and in some of them one of the other faults between. */
  private void run(int rounds, List<Fault> others, int roundsAnOther) throws Exception {
    long began = System.nanoTime();
    try (Chaos chaos = Chaos.start(folder, SHAPE, STREAMS, TOKENS)) {
      chaos.warmUp();
      chaos.calm(REFERENCE_LOAD);
      double reference = chaos.busiest();
      for (int i = 0; i < rounds; i++) {
        chaos.strike(Fault.WORKER_KILLED);
        chaos.mend();
        if (i % roundsAnOther == 0) {
          chaos.strike(others.get(i / roundsAnOther % others.size()));
          chaos.mend();
        }
        chaos.calm(Duration.ofSeconds(3));
        chaos.strike(Fault.WORKER_KILLED);
        chaos.mend();
      }
      chaos.land();
      System.out.printf("%d s%n", (System.nanoTime() - began) / 1_000_000_000);
      assertThat(chaos.gaps().count(Fault.WORKER_KILLED)).isEqualTo(2 * rounds);
      if (Chaos.hasAir(reference)) {
        assertBounds(chaos.gaps());
      }
      if (Chaos.hasAir(chaos.busiest())) {
        // A client of so slow an engine waits for a step in any case.
        assertThat(chaos.gaps().maxMs(Fault.WORKER_DRAINED))
            .isLessThanOrEqualTo(300 + 1_000 / STEPS);
      }
    }
  }

  private static void assertBounds(Gaps gaps) {
    assertThat(gaps.quantileMs(Fault.WORKER_KILLED, 0.5)).isLessThanOrEqualTo(3_500);
    assertThat(gaps.maxMs(Fault.WORKER_KILLED)).isLessThanOrEqualTo(8_000);
    assertThat(gaps.clientsMs(Fault.WORKER_KILLED, 0.99)).isLessThanOrEqualTo(6_000);
    assertThat(gaps.maxMs(Fault.BROKER_KILLED)).isLessThanOrEqualTo(10_000);
    assertThat(gaps.maxMs(Fault.CONTROLLER_KILLED)).isLessThanOrEqualTo(10_000);
    assertThat(gaps.maxMs(Fault.ROUTER_KILLED)).isLessThanOrEqualTo(2_000);
    assertThat(gaps.maxMs(Fault.BROKER_STOPPED))
        .as("no client gives its stream up for a broker that stands still")
        .isLessThan(NpmTranscript.SILENCE_MS);
  }
}
