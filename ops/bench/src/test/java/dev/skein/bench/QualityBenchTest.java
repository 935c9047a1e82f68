package dev.skein.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.LoadProgress;
import dev.skein.model.Model;
import dev.skein.model.ModelConfig;
import dev.skein.model.Quantization;
import dev.skein.model.Rwkv;
import dev.skein.model.file.ModelFile;
import dev.skein.model.random.RandomWeights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class QualityBenchTest {
  private static final Path DEMO =
      Path.of(System.getProperty("skein.home", "../..")).resolve("ops/models/skein-demo-9m");

  private static Model demo(Quantization q) throws IOException {
    Model.Options options = new Model.Options(q, "auto", 2, null, ModelConfig.GROUP_NORM_EPS, null);
    return Model.open(DEMO, options, LoadProgress.NONE);
  }

  private static QualityReport onDemo(Quantization q) throws IOException {
    try (Model exact = demo(Quantization.FP32);
        Model rounded = demo(q)) {
      return compared(exact.rwkv(), rounded.rwkv(), HeldOutText.tokens(exact.tokenizer()));
    }
  }

  private static QualityReport compared(Rwkv exact, Rwkv rounded, List<int[]> texts) {
    try (Predictions a = new OwnPredictions(exact, texts);
        Predictions b = new OwnPredictions(rounded, texts)) {
      return new QualityBench(a, b).run("compared", texts);
    }
  }

  /** The bar of this project for its default. */
  @Test
  void int8IsAsGoodAsFp32OnHeldOutText() throws IOException {
    QualityReport report = onDemo(Quantization.INT8);
    assertThat(report.tokens()).isGreaterThanOrEqualTo(2000);
    assertThat(report.agreement()).isGreaterThanOrEqualTo(0.99);
    assertThat(report.divergence()).isBetween(1e-9, 1e-3);
    assertThat(report.perplexity())
        .isCloseTo(report.perplexityExact(), within(0.005 * report.perplexityExact()));
  }

  @Test
  void halvesOfAModelStoredInHalvesAreTheModel() throws IOException {
    QualityReport report = onDemo(Quantization.FP16);
    assertThat(report.divergence()).isZero();
    assertThat(report.agreement()).isOne();
    assertThat(report.perplexity()).isEqualTo(report.perplexityExact());
  }

  @Test
  void fourBitsAreWorseButNoGarbage() throws IOException {
    QualityReport report = onDemo(Quantization.INT4);
    assertThat(report.divergence()).isBetween(1e-3, 0.2);
    assertThat(report.agreement()).isGreaterThan(0.75);
  }

  @Test
  void plantedOutliersChangeNothingInFp32AndLittleInInt8() throws IOException {
    RandomWeights.Shape shape = new RandomWeights.Shape(2, 256, 64, 512, 700, 16, 16, 8, 24);
    ModelFile plain = RandomWeights.of(shape, 5);
    ModelFile planted = new OutlierWeights(plain, 30);
    int[] text = IntStream.range(0, 200).map(i -> (i * i * 7 + i * 13) % 700).toArray();
    try (WorkerPool workers = new WorkerPool(1);
        Rwkv exact = load(plain, Quantization.FP32, workers);
        Rwkv same = load(planted, Quantization.FP32, workers);
        Rwkv rounded = load(planted, Quantization.INT8, workers)) {
      QualityReport none = compared(exact, same, List.of(text));
      assertThat(none.divergence()).isLessThan(1e-6);
      QualityReport int8 = compared(exact, rounded, List.of(text));
      assertThat(int8.divergence()).isBetween(10 * none.divergence(), 0.05);
    }
  }

  private static Rwkv load(ModelFile file, Quantization q, WorkerPool workers) throws IOException {
    Kernels kernels = Kernels.fastest();
    return Rwkv.load(file, q, kernels, workers, ModelConfig.GROUP_NORM_EPS, LoadProgress.NONE);
  }
}
