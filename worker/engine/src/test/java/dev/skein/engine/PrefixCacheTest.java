package dev.skein.engine;

import static dev.skein.engine.DemoModel.LIVELY;
import static dev.skein.engine.DemoModel.MODEL;
import static dev.skein.engine.DemoModel.alone;
import static dev.skein.engine.DemoModel.drain;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.engine.prefix.PrefixCounts;
import dev.skein.engine.prefix.PrefixOptions;
import dev.skein.model.sampling.CounterRandom;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A beginning that is known gives the bits of one that is read. */
class PrefixCacheTest {
  private static final long STATE_BYTES = MODEL.rwkv().stateLayout().bytes();
  private static final int NEVER = 1_000_000;

  private static EngineStep step(int states, int verifyEvery) {
    PrefixOptions prefixes = new PrefixOptions(states * STATE_BYTES, verifyEvery);
    return new EngineStep(MODEL, new EngineOptions(4, 128, 100).withPrefixes(prefixes));
  }

  private static int[] prompt(int tokens, int tail) {
    int[] ids = new int[tokens];
    for (int i = 0; i < tokens; i++) {
      ids[i] = 1 + (int) (CounterRandom.uniform(5, i < tokens - 1 ? 0 : tail, 0, i) * 1000);
    }
    return ids;
  }

  private static Generation of(int[] prompt, String tenant) {
    return Generation.of(prompt)
        .sampling(LIVELY)
        .seed(prompt.length)
        .maxTokens(5)
        .keepState(true)
        .logprobs(1)
        .tenant(tenant)
        .build();
  }

  private static Outcome run(EngineStep step, Generation g) {
    Outcome outcome = new Outcome();
    try {
      step.submit(g, outcome);
    } catch (EngineFullException e) {
      throw new AssertionError(e);
    }
    drain(step);
    return outcome;
  }

  /** Prompt tokens that a step feeds until it has nothing left to do. */
  private static int read(EngineStep step, Generation g) throws EngineFullException {
    step.submit(g, new Outcome());
    int read = 0;
    while (!step.idle()) {
      read += step.run().promptTokens();
    }
    return read;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 63, 64, 65})
  void aHitIsTheColdRunHoweverFarThePromptGoesOn(int beyond) {
    int known = 192;
    Generation g = of(prompt(known + beyond, 1), "");
    Outcome cold = alone(g);
    try (EngineStep step = step(50, NEVER)) {
      run(step, of(prompt(known + 1, 2), ""));
      Outcome hit = run(step, g);
      hit.assertSameAs(cold);
      assertThat(hit.end().cachedTokens()).isEqualTo(beyond == 0 ? 128 : 192);
      Outcome again = run(step, g);
      again.assertSameAs(cold);
      assertThat(again.end().cachedTokens())
          .isEqualTo(beyond == 0 ? 128 : beyond == 65 ? 256 : 192);
    }
  }

  @Test
  void theEngineReadsFewerPromptTokens() throws EngineFullException {
    try (EngineStep step = step(200, NEVER)) {
      int[] system = prompt(2_000, 0);
      int[] first = Arrays.copyOf(system, 2_040);
      int[] second = Arrays.copyOf(system, 2_060);
      Arrays.fill(first, 2_000, 2_040, 7);
      Arrays.fill(second, 2_000, 2_060, 8);
      assertThat(read(step, of(first, ""))).isEqualTo(2_040);
      assertThat(read(step, of(second, ""))).isEqualTo(2_060 - 1_920);
      PrefixCounts counts = step.prefixes();
      assertThat(counts.queries()).isEqualTo(2_040 + 2_060);
      assertThat(counts.hits()).isEqualTo(1_920);
      assertThat(counts.mismatches()).isZero();
    }
  }

  @Test
  void noTenantSeesWhatAnotherOneRead() {
    try (EngineStep step = step(50, NEVER)) {
      run(step, of(prompt(300, 1), "one"));
      assertThat(run(step, of(prompt(300, 1), "other")).end().cachedTokens()).isZero();
      assertThat(run(step, of(prompt(300, 1), "one")).end().cachedTokens()).isEqualTo(256);
    }
  }

  @Test
  void whoWantsNoCacheReadsAllAndLeavesNothing() {
    Generation alone = of(prompt(300, 1), "").toBuilder().noCache(true).build();
    try (EngineStep step = step(50, NEVER)) {
      Outcome first = run(step, alone);
      assertThat(step.prefixes().queries()).isZero();
      assertThat(run(step, of(prompt(300, 1), "")).end().cachedTokens())
          .as("nothing was left")
          .isZero();
      Outcome again = run(step, alone);
      assertThat(again.end().cachedTokens()).isZero();
      again.assertSameAs(first);
      assertThat(run(step, of(prompt(300, 1), "")).end().cachedTokens()).isEqualTo(256);
    }
  }

  @Test
  void aStateWithAFlippedBitIsFoundOutAndNeverGivenOutAgain() {
    Generation g = of(prompt(100, 1), "");
    Outcome cold = alone(g);
    try (EngineStep step = step(50, NEVER)) {
      run(step, g);
      flip(step.prefixCache().states().getFirst());
      Outcome after = run(step, g);
      after.assertSameAs(cold);
      assertThat(after.end().cachedTokens()).isZero();
      assertThat(step.prefixes().mismatches()).isEqualTo(1);
      Outcome again = run(step, g);
      again.assertSameAs(cold);
      assertThat(again.end().cachedTokens()).as("a sound state was kept again").isEqualTo(64);
      assertThat(step.prefixes().mismatches()).isEqualTo(1);
    }
  }

  private static void flip(MemorySegment state) {
    long at = state.byteSize() / 2 / 4 * 4;
    int bits = state.get(ValueLayout.JAVA_INT, at);
    state.set(ValueLayout.JAVA_INT, at, bits ^ 1);
  }

  @Test
  void aSampledHitIsReadAgainAndCompared() {
    Generation g = of(prompt(100, 1), "");
    Outcome cold = alone(g);
    try (EngineStep step = step(50, 2)) {
      run(step, g);
      assertThat(run(step, g).end().cachedTokens()).isEqualTo(64);
      Outcome sampled = run(step, g);
      sampled.assertSameAs(cold);
      assertThat(sampled.end().cachedTokens()).isZero();
      assertThat(step.prefixes().verified()).isEqualTo(1);
      assertThat(step.prefixes().mismatches()).isZero();
    }
  }

  /** A state that is wrong but whole: as if the arithmetic had erred when it was taken. */
  @Test
  void aStateThatIsWrongFromTheBeginningIsFoundOutByASample() {
    Generation g = of(prompt(100, 1), "");
    Outcome cold = alone(g);
    try (EngineStep step = step(50, 1)) {
      run(step, g);
      step.prefixCache().forge(PrefixCacheTest::flip);
      Outcome sampled = run(step, g);
      sampled.assertSameAs(cold);
      assertThat(step.prefixes().mismatches()).isEqualTo(1);
      run(step, g).assertSameAs(cold);
      assertThat(step.prefixes().mismatches()).isEqualTo(1);
      assertThat(step.prefixes().verified()).isEqualTo(1);
    }
  }

  @Test
  void theOldestStateGivesWay() {
    try (EngineStep step = step(3, NEVER)) {
      for (int tail = 1; tail <= 4; tail++) {
        int[] ids = prompt(70, 0);
        ids[3] = tail;
        run(step, of(ids, ""));
      }
      assertThat(step.prefixes().states()).isEqualTo(3);
      int[] oldest = prompt(70, 0);
      oldest[3] = 1;
      int[] newest = prompt(70, 0);
      newest[3] = 4;
      assertThat(run(step, of(newest, "")).end().cachedTokens()).isEqualTo(64);
      assertThat(run(step, of(oldest, "")).end().cachedTokens()).isZero();
    }
  }

  @Test
  void companyOfHitsAndMissesChangesNothing() throws EngineFullException {
    List<Generation> all =
        List.of(
            of(prompt(150, 1), ""),
            of(prompt(150, 2), ""),
            of(prompt(90, 1), ""),
            of(prompt(200, 1), ""),
            of(prompt(64, 1), ""),
            of(prompt(65, 3), ""));
    List<Outcome> outcomes = all.stream().map(g -> new Outcome()).toList();
    try (EngineStep step = step(50, 2)) {
      for (int i = 0; i < all.size(); i++) {
        step.submit(all.get(i), outcomes.get(i));
        step.run();
      }
      drain(step);
      assertThat(step.prefixes().hits()).isPositive();
      assertThat(step.prefixes().mismatches()).isZero();
    }
    for (int i = 0; i < all.size(); i++) {
      outcomes.get(i).assertSameAs(alone(all.get(i)));
    }
  }
}
