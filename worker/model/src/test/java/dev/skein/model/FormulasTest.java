package dev.skein.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.skein.kernels.Kernels;
import dev.skein.model.file.ModelFile;
import dev.skein.model.random.RandomWeights;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The engine gives what the equations give, for every version and in every variant of its file. */
class FormulasTest {
  private static final int TOKENS = 40;

  private static final float EPS = ModelConfig.GROUP_NORM_EPS;

  /** Compares all logits and the last state; both are of the size of one. */
  private static void compare(ModelFile file, RandomWeights.Shape shape, float eps)
      throws Exception {
    String version = shape.architecture().title().substring("RWKV-".length());
    Reference reference =
        new Reference(file, version, shape.layers(), shape.width(), shape.headSize(), eps);
    try (Runner runner = new Runner(file, Quantization.FP32, Kernels.fastest(), 2, 8, eps)) {
      assertThat(runner.model().config().architecture()).isEqualTo(shape.architecture());
      for (int i = 0; i < TOKENS; i++) {
        int token = i * i * 7 % shape.vocabulary();
        assertClose("logits " + i, runner.feed(token).logits(), reference.feed(token));
      }
      float[] state = runner.state();
      for (StateLayout.Part part : runner.model().stateLayout().parts()) {
        float[] actual = Arrays.copyOfRange(state, part.offset(), part.offset() + part.floats());
        assertClose(part.name(), actual, Objects.requireNonNull(reference.state.get(part.name())));
      }
    }
  }

  private static void assertClose(String what, float[] actual, double[] expected) {
    assertThat(actual.length).as(what).isEqualTo(expected.length);
    for (int i = 0; i < actual.length; i++) {
      if (!(Math.abs(actual[i] - expected[i]) <= 1e-4 * (1 + Math.abs(expected[i])))) {
        throw new AssertionError(
            what + "[" + i + "] is " + actual[i] + ", the equations say " + expected[i]);
      }
    }
  }

  private static RandomWeights.Shape shape(Architecture architecture) {
    return Shapes.odd(architecture);
  }

  private static EditedFile random(Architecture architecture) {
    return new EditedFile(RandomWeights.of(shape(architecture), 3));
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void everyVersionFollowsItsEquations(Architecture architecture) throws Exception {
    compare(random(architecture), shape(architecture), EPS);
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void theEpsilonOfTheGroupNormCounts(Architecture architecture) throws Exception {
    compare(random(architecture), shape(architecture), 0.3f);
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 20, 32, 64, 128})
  void anyHeadSizeIsRight(int n) throws Exception {
    for (Architecture architecture : Architecture.values()) {
      RandomWeights.Shape shape = Shapes.headSize(architecture, n);
      compare(RandomWeights.of(shape, 4), shape, EPS);
    }
  }

  /**
   * One a head as [H] or [H, 1], the bonus under its old name (exp'd) or the new one (as it is).
   */
  @ParameterizedTest
  @EnumSource(names = {"V5_0", "V5_1"})
  void decaysAndBonusesOfHeads(Architecture architecture) throws Exception {
    for (boolean raw : new boolean[] {false, true}) {
      for (boolean column : new boolean[] {false, true}) {
        EditedFile file = random(architecture);
        for (int i = 0; i < 3; i++) {
          String att = "blocks." + i + ".att.";
          long[] shape = column ? new long[] {5, 1} : new long[] {5};
          file.put(att + "time_decay", -1, 2, shape);
          file.remove(att + "time_first");
          file.put(att + (raw ? "time_faaaa" : "time_first"), 0.3, 0.6, shape);
        }
        compare(file, shape(architecture), EPS);
      }
    }
  }

  /** A single time_faaaa anywhere says that time_first is meant as it stands. */
  @Test
  void anyRawBonusMakesAllRaw() throws Exception {
    EditedFile file = random(Architecture.V5_1);
    file.remove("blocks.2.att.time_first").put("blocks.2.att.time_faaaa", 0.3, 0.6, 5);
    compare(file, shape(Architecture.V5_1), EPS);
  }

  @Test
  void aBonusByChannelMayHaveTheOldName() throws Exception {
    EditedFile file = random(Architecture.V5_2);
    for (int i = 0; i < 3; i++) {
      file.remove("blocks." + i + ".att.time_faaaa");
      file.put("blocks." + i + ".att.time_first", -1, 0.5, 5, 12);
    }
    compare(file, shape(Architecture.V5_2), EPS);
  }

  @Test
  void aDecayMayHaveTheShapeOfHeads() throws Exception {
    EditedFile file = random(Architecture.V6);
    for (int i = 0; i < 3; i++) {
      file.put("blocks." + i + ".att.time_decay", -2, 3, 5, 12);
    }
    compare(file, shape(Architecture.V6), EPS);
  }

  @ParameterizedTest
  @EnumSource(names = {"V5_0", "V5_1", "V5_2", "V6", "V7"})
  void sessionsBeginWithATunedState(Architecture architecture) throws Exception {
    EditedFile file = random(architecture);
    for (int i = 0; i < 3; i++) {
      file.put("blocks." + i + ".att.time_state", 0, 1, 5, 12, 12);
    }
    compare(file, shape(architecture), EPS);
  }

  /** Keys that no exponential can hold: the running maximum must carry them. */
  @Test
  void hugeKeysOfRwkv4DoNotOverflow() throws Exception {
    EditedFile file = random(Architecture.V4);
    for (int i = 0; i < 3; i++) {
      file.put("blocks." + i + ".att.key.weight", 0, 60, 60, 60);
    }
    RandomWeights.Shape shape = shape(Architecture.V4);
    Reference reference = new Reference(file, "4", 3, 60, 12, EPS);
    try (Runner runner = new Runner(file, Quantization.FP32, Kernels.fastest(), 1, 8, EPS)) {
      double largest = 0;
      for (int i = 0; i < TOKENS; i++) {
        int token = i * i * 7 % shape.vocabulary();
        float[] actual = runner.feed(token).logits();
        double[] expected = reference.feed(token);
        for (int j = 0; j < actual.length; j++) {
          assertThat((double) actual[j]).isCloseTo(expected[j], within(0.02));
        }
      }
      for (double m : Objects.requireNonNull(reference.state.get("state.pp"))) {
        largest = Math.max(largest, m);
      }
      assertThat(largest).isGreaterThan(200);
    }
  }
}
