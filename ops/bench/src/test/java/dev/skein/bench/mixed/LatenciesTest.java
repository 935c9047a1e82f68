package dev.skein.bench.mixed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;

class LatenciesTest {
  @Test
  void percentilesAreDurationsThatOccurred() {
    Latencies latencies = new Latencies();
    for (int i = 10_000; i >= 1; i--) {
      latencies.add(i);
    }
    assertThat(latencies.count()).isEqualTo(10_000);
    assertThat(latencies.percentile(50)).isEqualTo(5_000);
    assertThat(latencies.percentile(99)).isEqualTo(9_900);
    assertThat(latencies.percentile(100)).isEqualTo(10_000);
    assertThat(latencies.percentile(0.001)).isEqualTo(1);
  }

  @Test
  void oneDurationIsEveryPercentileAndNoneIsNone() {
    Latencies latencies = new Latencies();
    assertThatIllegalStateException().isThrownBy(() -> latencies.percentile(50));
    latencies.add(7);
    assertThat(latencies.percentile(1)).isEqualTo(7);
    assertThat(latencies.percentile(99)).isEqualTo(7);
  }
}
