package dev.skein.model.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CounterRandomTest {
  private static final double GOLDEN_0 = 0.13870941014555427;
  private static final double GOLDEN_1 = 0.06186982724946055;
  private static final double GOLDEN_2 = 0.4706331977328694;
  private static final double GOLDEN_3 = 0.8453475824482507;
  private static final long GOLDEN_SEED = -1718152987225602983L;

  /**
   * Recorded turns depend on these numbers; they were computed from the definition by a second
   * implementation.
   */
  @Test
  void definitionNeverChanges() {
    assertThat(CounterRandom.uniform(0, 0, 0, 0)).isEqualTo(GOLDEN_0);
    assertThat(CounterRandom.uniform(7, 0, 0, 1)).isEqualTo(GOLDEN_1);
    assertThat(CounterRandom.uniform(7, 3, 1, 200)).isEqualTo(GOLDEN_2);
    assertThat(CounterRandom.uniform(-1, Integer.MAX_VALUE, 5, 0)).isEqualTo(GOLDEN_3);
    assertThat(CounterRandom.seed("alice", "0-41")).isEqualTo(GOLDEN_SEED);
  }

  @Test
  void isUniformInEveryInput() {
    int n = 20_000;
    double[] sums = new double[4];
    int[] lower = new int[4];
    for (int i = 0; i < n; i++) {
      double[] u = {
        CounterRandom.uniform(i, 0, 0, 0),
        CounterRandom.uniform(1, i, 0, 0),
        CounterRandom.uniform(1, 0, i, 0),
        CounterRandom.uniform(1, 0, 0, i)
      };
      for (int k = 0; k < 4; k++) {
        assertThat(u[k]).isBetween(0.0, Math.nextDown(1.0));
        sums[k] += u[k];
        lower[k] += u[k] < 0.1 ? 1 : 0;
      }
    }
    for (int k = 0; k < 4; k++) {
      assertThat(sums[k] / n).isCloseTo(0.5, within(0.01));
      assertThat(lower[k] / (double) n).isCloseTo(0.1, within(0.01));
    }
  }

  @Test
  void neighbouringPositionsDoNotCollide() {
    Set<Double> seen = new HashSet<>();
    for (int seed = 0; seed < 10; seed++) {
      for (int turn = 0; turn < 10; turn++) {
        for (int choice = 0; choice < 10; choice++) {
          for (int index = 0; index < 100; index++) {
            assertThat(seen.add(CounterRandom.uniform(seed, turn, choice, index))).isTrue();
          }
        }
      }
    }
  }

  @Test
  void seedTellsWhereTheSessionEnds() {
    assertThat(CounterRandom.seed("ab", "c")).isNotEqualTo(CounterRandom.seed("a", "bc"));
  }
}
