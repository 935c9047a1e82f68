package dev.skein.bench.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.WorkerPool;
import org.junit.jupiter.api.Test;

class RooflineTest {
  @Test
  void aStepReadsItsWeightsAndReadsAndWritesEveryState() {
    Roofline roofline = new Roofline(200_000_000, 32, 2_500_000, 30e9);
    assertThat(roofline.bytesPerStep()).isEqualTo(360_000_000);
    assertThat(roofline.stepsPerSecond()).isCloseTo(83.333, within(0.001));
    assertThat(roofline.reached(41.6666)).isCloseTo(0.5, within(0.001));
  }

  @Test
  void memoryAndKernelsHaveAPlausibleSpeed() {
    try (WorkerPool workers = new WorkerPool(2)) {
      assertThat(ReadBandwidth.measure(8 << 20, workers, 0.05)).isBetween(1e8, 1e13);
      assertThat(MatrixPeak.measure(Kernels.fastest(), workers, 0.05)).isBetween(1e7, 1e15);
    }
  }

  @Test
  void othersUseNoMoreThanTheProcessorsHave() {
    OtherWork others = new OtherWork();
    others.begin();
    long sum = 0;
    for (int i = 0; i < 10_000_000; i++) {
      sum += i ^ sum;
    }
    others.end();
    assertThat(sum).isNotZero();
    assertThat(others.share()).isBetween(0.0, 1000.0);
  }
}
