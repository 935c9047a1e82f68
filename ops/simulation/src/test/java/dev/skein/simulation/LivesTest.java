package dev.skein.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whatever goes wrong when: every promise holds after every event, and everything ends. */
class LivesTest {

  private static final int LIVES = Integer.getInteger("skein.lives", 1_000);
  private static final int LIVES_IN_FULL = 5_000;

  @Test
  void aThousandLivesKeepEveryPromise() {
    live(1, LIVES);
  }

  @Test
  @Tag("full")
  void fiveThousandLivesKeepEveryPromise() {
    live(1_001, LIVES_IN_FULL);
  }

  private static void live(long first, long last) {
    long begin = System.nanoTime();
    Map<Scenario, Integer> deaths = new EnumMap<>(Scenario.class);
    for (long seed = first; seed <= last; seed++) {
      Simulation.Outcome outcome = outcome(seed);
      if (outcome.broken() != null) {
        fail("%s%nreplay: %s", outcome.broken(), outcome.command());
      }
      deaths.merge(outcome.scenario(), outcome.deaths(), Integer::sum);
    }
    System.out.printf(
        "%d lives in %d s, deaths of owners: %s%n",
        last - first + 1, Duration.ofNanos(System.nanoTime() - begin).toSeconds(), deaths);
    assertThat(deaths).hasSize(Scenario.values().length);
    assertThat(deaths.values().stream().mapToInt(Integer::intValue).sum())
        .isGreaterThan((int) (last - first));
  }

  private static Simulation.Outcome outcome(long seed) {
    try {
      return Simulation.live(seed, null);
    } catch (RuntimeException | Error e) {
      throw new AssertionError("replay: skein simulate --seed " + seed, e);
    }
  }

  @Test
  void aSeedIsALife() {
    for (long seed : new long[] {10, 21, 32}) {
      StringBuilder first = new StringBuilder();
      StringBuilder second = new StringBuilder();
      Simulation.live(seed, line -> first.append(line).append('\n'));
      Simulation.live(seed, line -> second.append(line).append('\n'));
      assertThat(first.toString()).hasSizeGreaterThan(1_000).isEqualTo(second.toString());
    }
  }
}
