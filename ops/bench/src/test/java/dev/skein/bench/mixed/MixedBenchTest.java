package dev.skein.bench.mixed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.bench.Subject;
import dev.skein.engine.Generation;
import dev.skein.kernels.Kernels;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.LoadProgress;
import dev.skein.model.ModelConfig;
import dev.skein.model.Quantization;
import dev.skein.model.Rwkv;
import dev.skein.model.random.RandomWeights;
import dev.skein.model.sampling.SamplingParameters;
import java.io.IOException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MixedBenchTest {
  private static final int MANY = 20_000;

  private static MixedLoad load(double seconds) {
    return new MixedLoad(3, seconds, 16, 5, 1, SamplingParameters.GREEDY);
  }

  @Test
  void gapsAndLengthsAreExponentialAndTheSameEveryTime() {
    MixedLoad load = new MixedLoad(3, 1, 64, 32, 1, SamplingParameters.GREEDY);
    double gap = IntStream.range(0, MANY).mapToLong(i -> load.gapNanos(i, 20)).average().orElse(0);
    assertThat(gap).isCloseTo(1e9 / 20, within(1e6));
    double longGaps =
        IntStream.range(0, MANY).filter(i -> load.gapNanos(i, 20) > 1e8).count() / (double) MANY;
    assertThat(longGaps).isCloseTo(Math.exp(-2), within(0.01));
    double reply =
        IntStream.range(0, 2000)
            .mapToObj(i -> load.generation(i, 100))
            .mapToInt(Generation::maxTokens)
            .average()
            .orElse(0);
    assertThat(reply).isCloseTo(32, within(2.0));
    assertThat(load.generation(7, 100).prompt()).isEqualTo(load.generation(7, 100).prompt());
    assertThat(load.generation(7, 100).prompt()).isNotEqualTo(load.generation(8, 100).prompt());
  }

  @Test
  void moreArrivalsThanPlacesAreTurnedAwayAndTheOthersAreServed() throws IOException {
    try (WorkerPool workers = new WorkerPool(1);
        Rwkv rwkv = tiny(workers)) {
      MixedBench bench = new MixedBench(new Subject("tiny", rwkv, null, 1), load(0.4));
      ObjectNode full = bench.run("full", 100_000, 3, 1000).toJson();
      assertThat(full.path("refused").asInt()).isPositive();
      assertThat(full.path("tok_s").asDouble()).isPositive();
      assertThat(full.path("percent_of_steady").asDouble())
          .isCloseTo(full.path("tok_s").asDouble() / 10, within(0.2));
      assertThat(full.path("verified_sessions").asInt()).isEqualTo(3);
      assertThat(full.path("itl_ms_p99").asDouble())
          .isGreaterThanOrEqualTo(full.path("itl_ms_p50").asDouble());
      ObjectNode open = bench.run("open", 50, 100, 1000).toJson();
      assertThat(open.path("refused").asInt()).isZero();
      assertThat(open.path("ttft_ms_p50").asDouble()).isPositive();
    }
  }

  @Test
  void promptsBesideDecodingSessionsAreRead() throws IOException {
    try (WorkerPool workers = new WorkerPool(1);
        Rwkv rwkv = tiny(workers)) {
      MixedBench bench = new MixedBench(new Subject("tiny", rwkv, null, 1), load(0.4));
      ObjectNode line = bench.underPrompts().toJson();
      assertThat(line.path("prompt_tok_s").asDouble()).isPositive();
      assertThat(line.path("itl_beside_prompts_ms_p50").asDouble())
          .isGreaterThan(line.path("itl_ms_p50").asDouble());
      assertThat(line.path("verified_sessions").asInt()).isEqualTo(3);
    }
  }

  private static Rwkv tiny(WorkerPool workers) throws IOException {
    RandomWeights.Shape shape = new RandomWeights.Shape(2, 64, 64, 128, 100, 8, 8, 8, 8);
    return Rwkv.load(
        RandomWeights.of(shape, 5),
        Quantization.INT8,
        Kernels.fastest(),
        workers,
        ModelConfig.GROUP_NORM_EPS,
        LoadProgress.NONE);
  }
}
