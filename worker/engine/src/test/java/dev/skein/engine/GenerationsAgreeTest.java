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
import dev.skein.model.sampling.CounterRandom;
import dev.skein.model.sampling.SamplingParameters;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Generations of 256 tokens, of every version in every form of weights: alone on the scalar
 * backend, and on every other backend of this machine among up to 64 sessions that come and go,
 * with one to four threads. Tokens, log-probabilities and final states are the same to the bit.
 */
@Tag("full")
class GenerationsAgreeTest {
  private static final int TOKENS = 256;
  private static final int WATCHED = 2;
  private static final int OTHERS = 120;
  private static final int VOCABULARY = 300;

  static Stream<Arguments> kinds() {
    return Stream.of(Architecture.values())
        .flatMap(a -> Stream.of(Quantization.values()).map(q -> Arguments.of(a, q)));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void companyAndBackendDoNotShow(Architecture a, Quantization q) throws Exception {
    List<Outcome> alone = alone(a, q);
    int threads = 1;
    for (Kernels kernels : Kernels.usable()) {
      if (!kernels.name().equals("scalar")) {
        List<Outcome> inCompany = inCompany(a, q, kernels, threads);
        for (int i = 0; i < WATCHED; i++) {
          inCompany.get(i).assertSameAs(alone.get(i));
        }
        threads = threads % 4 + 1;
      }
    }
  }

  private static Generation generation(int number, int prompt, int tokens) {
    int[] ids = new int[prompt];
    for (int i = 0; i < prompt; i++) {
      ids[i] = 1 + (int) (CounterRandom.uniform(5, number, 0, i) * (VOCABULARY - 1));
    }
    return Generation.of(ids)
        .sampling(SamplingParameters.GREEDY.withTemperature(1f).withTopP(0.9f))
        .seed(number)
        .maxTokens(tokens)
        .logprobs(2)
        .keepState(true)
        .build();
  }

  private static Generation watched(int number) {
    return generation(number, 3 + 60 * number, TOKENS);
  }

  private static Rwkv model(Architecture a, Quantization q, Kernels kernels, WorkerPool workers)
      throws Exception {
    RandomWeights.Ranks ranks = new RandomWeights.Ranks(16, 16, 8, 24, 8);
    RandomWeights.Shape shape = new RandomWeights.Shape(a, 2, 128, 64, 256, VOCABULARY, ranks);
    float eps = ModelConfig.GROUP_NORM_EPS;
    return Rwkv.load(RandomWeights.of(shape, 2), q, kernels, workers, eps, LoadProgress.NONE);
  }

  private static List<Outcome> alone(Architecture a, Quantization q) throws Exception {
    List<Outcome> outcomes = new ArrayList<>();
    try (WorkerPool workers = new WorkerPool(1);
        Rwkv model = model(a, q, Kernels.scalar(), workers);
        EngineStep step = new EngineStep(model, null, -1, new EngineOptions(1, 7, 1))) {
      for (int i = 0; i < WATCHED; i++) {
        Outcome outcome = new Outcome();
        step.submit(watched(i), outcome);
        DemoModel.drain(step);
        assertThat(outcome.ids()).hasSize(TOKENS);
        outcomes.add(outcome);
      }
    }
    return outcomes;
  }

  private static List<Outcome> inCompany(
      Architecture a, Quantization q, Kernels kernels, int threads) throws Exception {
    List<Outcome> outcomes = List.of(new Outcome(), new Outcome());
    try (WorkerPool workers = new WorkerPool(threads);
        Rwkv model = model(a, q, kernels, workers);
        EngineStep step = new EngineStep(model, null, -1, new EngineOptions(64, 90, 256))) {
      assertThat(model.backend()).isEqualTo(kernels.name());
      int others = 0;
      for (int tick = 0; tick == 0 || !step.idle(); tick++) {
        for (int i = 0; i < WATCHED; i++) {
          if (tick == 5 * i) {
            step.submit(watched(i), outcomes.get(i));
          }
        }
        while (others < OTHERS && CounterRandom.uniform(9, tick, 1, others) < 0.6) {
          int length = (int) (CounterRandom.uniform(9, others, 2, 0) * 80);
          step.submit(generation(10 + others, 1 + length, 1 + length), new Outcome());
          others++;
        }
        step.run();
      }
    }
    return outcomes;
  }
}
