package dev.skein.bench.lookup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SpeculationTest {
  private static final double[] FLAT = {1, 1, 1, 1};

  @Test
  void theNewestPlaceOfTheLongestRunIsFound() {
    int[] ids = {1, 2, 3, 9, 8, 2, 3, 7, 1, 2, 3};
    assertThat(PromptLookup.find(ids, ids.length)).isEqualTo(3); // 1 2 3 stood at the beginning
    assertThat(PromptLookup.find(new int[] {4, 2, 3, 5, 2, 3}, 6)).isEqualTo(3); // only 2 3
    assertThat(PromptLookup.find(new int[] {1, 2, 3, 4}, 4)).isEqualTo(-1);
    assertThat(PromptLookup.find(new int[] {1}, 1)).isEqualTo(-1);
  }

  @Test
  void withoutDraftsEveryTokenIsAStep() {
    int[] ids = IntStream.range(0, 50).map(i -> i * i % 7).toArray();
    Speculation.Outcome outcome = new Speculation(FLAT).replay(ids, 9, 0);
    assertThat(outcome.drawn()).isEqualTo(40);
    assertThat(outcome.steps()).isEqualTo(40);
    assertThat(outcome.speedup()).isCloseTo(1, within(1e-12));
  }

  @Test
  void aTextThatRepeatsItselfIsDrawnFourTokensAStepAndANewOneOne() {
    int[] same = IntStream.range(0, 410).map(i -> i % 10).toArray();
    Speculation.Outcome fast = new Speculation(FLAT).replay(same, 20, 3);
    assertThat(fast.speedup()).isCloseTo(4, within(0.1));
    assertThat(fast.accepted()).isEqualTo(fast.drafted());
    int[] fresh = IntStream.range(0, 410).toArray();
    assertThat(new Speculation(FLAT).replay(fresh, 20, 3).speedup()).isCloseTo(1, within(1e-12));
  }

  @Test
  void wrongDraftsCostTheTokensThatAreReadAgain() {
    // Every pair of tokens has stood before with another one behind it.
    int[] ids = {1, 2, 3, 1, 2, 4, 1, 2, 5, 1, 2, 6, 1, 2, 7, 1, 2, 8};
    double[] dear = {1, 2, 3, 4};
    Speculation.Outcome outcome = new Speculation(dear).replay(ids, 3, 1);
    assertThat(outcome.accepted()).isLessThan(outcome.drafted());
    assertThat(outcome.speedup()).isLessThan(1);
  }
}
