package dev.skein.engine;

import static dev.skein.engine.DemoModel.LIVELY;
import static dev.skein.engine.DemoModel.step;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which step tells which midpoints. */
class CapturesTest {
  private static final int SESSIONS = 40;

  private static Generation generation(int seed) {
    return Generation.of(300 + seed).sampling(LIVELY).seed(seed).maxTokens(60).build();
  }

  /** Midpoints by the steps that told them. */
  private static List<List<Midpoint>> told(List<Generation> generations, int... capturesByStep)
      throws EngineFullException {
    List<List<Midpoint>> steps = new ArrayList<>();
    try (EngineStep step = step(SESSIONS, 64)) {
      for (Generation g : generations) {
        step.submit(g, new Hearer(steps));
      }
      while (!step.idle()) {
        if (steps.size() < capturesByStep.length) {
          int after = capturesByStep[steps.size()];
          generations.forEach(g -> step.capture(g, after));
        }
        steps.add(new ArrayList<>());
        step.run();
      }
    }
    return steps;
  }

  private record Hearer(List<List<Midpoint>> steps) implements GenerationListener {
    @Override
    public void onMidpoint(Midpoint midpoint) {
      steps.getLast().add(midpoint);
    }

    @Override
    public void onToken(DrawnToken token) {}

    @Override
    public void onEnd(GenerationEnd end) {}
  }

  private static List<Generation> generations(int count) {
    return IntStream.range(0, count).mapToObj(CapturesTest::generation).toList();
  }

  @Test
  void manyThatAreDueTogetherAreSpreadOverSteps() throws EngineFullException {
    List<List<Midpoint>> steps = told(generations(SESSIONS), 5);
    assertThat(steps).allSatisfy(step -> assertThat(step).hasSizeLessThanOrEqualTo(3));
    List<Midpoint> all = steps.stream().flatMap(List::stream).toList();
    assertThat(all).hasSize(SESSIONS);
    assertThat(all.stream().mapToInt(Midpoint::read)).allMatch(read -> read >= 5 && read <= 32);
  }

  @Test
  void whatIsWantedAtOnceDoesNotWaitForOthers() throws EngineFullException {
    assertThat(told(generations(SESSIONS), 0).getFirst()).hasSize(SESSIONS);
    List<List<Midpoint>> urgentLater = told(generations(SESSIONS), 1, 0);
    assertThat(urgentLater.get(0)).hasSize(3);
    assertThat(urgentLater.get(1)).hasSize(SESSIONS);
  }

  @Test
  void oneAloneIsTakenWhenItIsDue() throws EngineFullException {
    List<List<Midpoint>> steps = told(generations(1), 7);
    assertThat(steps.get(6)).singleElement().extracting(Midpoint::read).isEqualTo(7);
    assertThat(steps.stream().flatMap(List::stream)).hasSize(1);
  }
}
