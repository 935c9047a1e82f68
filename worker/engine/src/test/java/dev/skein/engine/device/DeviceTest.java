package dev.skein.engine.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.Architecture;
import dev.skein.model.Batch;
import dev.skein.model.LoadProgress;
import dev.skein.model.ModelConfig;
import dev.skein.model.Quantization;
import dev.skein.model.Rwkv;
import dev.skein.model.StateSlab;
import dev.skein.model.Workspace;
import dev.skein.model.random.RandomWeights;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A backend that owns its memory has the bits of the reference; and where the environment says that
 * it is the fastest, the tests of the engine have run on it.
 */
class DeviceTest {
  private static final int SLOTS = 3;

  static Stream<Arguments> kinds() {
    return Stream.of(Architecture.values())
        .flatMap(a -> Stream.of(Quantization.values()).map(q -> Arguments.of(a, q)));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void hasTheBitsOfTheReference(Architecture a, Quantization q) throws Exception {
    assertThat(run(a, q, Kernels.named("device"), 2))
        .containsExactly(run(a, q, Kernels.scalar(), 1));
  }

  /** Logits and states of three sessions that read prompts of several lengths, then a token. */
  private static int[] run(Architecture a, Quantization q, Kernels kernels, int threads)
      throws Exception {
    RandomWeights.Ranks ranks = new RandomWeights.Ranks(5, 3, 2, 7, 4);
    RandomWeights.Shape shape = new RandomWeights.Shape(a, 2, 96, 32, 101, 77, ranks);
    RandomWeights file = RandomWeights.of(shape, 1);
    float eps = ModelConfig.GROUP_NORM_EPS;
    try (WorkerPool workers = new WorkerPool(threads);
        Rwkv model = Rwkv.load(file, q, kernels, workers, eps, LoadProgress.NONE);
        StateSlab slab = new StateSlab(model.stateLayout(), SLOTS);
        Workspace workspace = model.newWorkspace(32, SLOTS)) {
      Batch batch = new Batch();
      float[] state = new float[model.stateLayout().floats()];
      Stream.Builder<float[]> results = Stream.builder();
      int[] tokens = {3, 1, 4, 1, 5, 9, 2, 6, 5, 35, 8, 9, 7, 9, 3};
      for (int step = 0; step < 2; step++) {
        batch.clear();
        for (int slot = 0; slot < SLOTS; slot++) {
          batch.add(slot, tokens, slot, step == 0 ? 1 + 5 * slot : 1, true);
        }
        model.forward(batch, slab, workspace);
        for (int slot = 0; slot < SLOTS; slot++) {
          results.add(workspace.logits(slot).toArray(ValueLayout.JAVA_FLOAT));
          slab.save(slot, state);
          results.add(state.clone());
        }
      }
      return results.build().flatMapToInt(DeviceTest::bits).toArray();
    }
  }

  private static IntStream bits(float[] values) {
    return IntStream.range(0, values.length).map(i -> Float.floatToIntBits(values[i]));
  }

  @Test
  void servesWhereTheEnvironmentSaysSo() {
    assumeTrue("device".equals(System.getenv("SKEIN_BACKEND")), "SKEIN_BACKEND is not device");
    assertThat(Kernels.fastest().name()).isEqualTo("device");
    assertThat(Kernels.reason()).contains("device");
  }
}
