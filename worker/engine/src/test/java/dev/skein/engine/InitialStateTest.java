package dev.skein.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.Architecture;
import dev.skein.model.LoadProgress;
import dev.skein.model.ModelConfig;
import dev.skein.model.Quantization;
import dev.skein.model.Rwkv;
import dev.skein.model.random.RandomWeights;
import dev.skein.model.sampling.SamplingParameters;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A session begins with its model's initial state, which is not zero in RWKV-4. */
class InitialStateTest {
  private static final RandomWeights.Ranks RANKS = new RandomWeights.Ranks(4, 4, 4, 4, 4);

  private static Rwkv model(Architecture architecture, WorkerPool workers) throws Exception {
    RandomWeights.Shape shape = new RandomWeights.Shape(architecture, 2, 32, 8, 48, 50, RANKS);
    return Rwkv.load(
        RandomWeights.of(shape, 1),
        Quantization.FP32,
        Kernels.scalar(),
        workers,
        ModelConfig.GROUP_NORM_EPS,
        LoadProgress.NONE);
  }

  private static Outcome run(EngineStep step, @Nullable SessionState start) throws Exception {
    Generation.Builder g =
        Generation.of(new int[] {1, 2, 3})
            .sampling(SamplingParameters.GREEDY)
            .maxTokens(9)
            .keepState(true);
    Outcome outcome = new Outcome();
    step.submit((start == null ? g : g.start(start)).build(), outcome);
    DemoModel.drain(step);
    return outcome;
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void everyNewSessionOfASlotBeginsWithIt(Architecture architecture) throws Exception {
    try (WorkerPool workers = new WorkerPool(1);
        Rwkv rwkv = model(architecture, workers);
        EngineStep step = new EngineStep(rwkv, null, -1, new EngineOptions(1, 8, 4))) {
      Outcome first = run(step, null);
      run(step, null).assertSameAs(first);
      run(step, SessionState.of(rwkv.stateLayout().initial())).assertSameAs(first);
      SessionState zero = SessionState.of(new float[rwkv.stateLayout().floats()]);
      assertThat(run(step, zero).state().equals(first.state()))
          .isEqualTo(architecture != Architecture.V4);
    }
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void aSessionThatNeverRanHasIt(Architecture architecture) throws Exception {
    try (WorkerPool workers = new WorkerPool(1);
        Rwkv rwkv = model(architecture, workers);
        EngineStep step = new EngineStep(rwkv, null, -1, new EngineOptions(1, 8, 4))) {
      Outcome outcome = new Outcome();
      Generation g = Generation.of(new int[] {1}).maxTokens(1).keepState(true).build();
      step.submit(g, outcome);
      step.cancel(g);
      DemoModel.drain(step);
      assertThat(outcome.state()).isEqualTo(SessionState.of(rwkv.stateLayout().initial()));
    }
  }
}
