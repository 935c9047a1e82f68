package dev.skein.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

/**
 * The Vector API where vectors have 128 bits, as they have on aarch64; a run of the tests of its
 * own ({@code vectors-of-128-bits}) has a JVM with no others.
 */
class NarrowVectorsTest {
  @Test
  void vectorsOf128BitsHaveTheBitsOfTheScalarBackend() {
    assumeTrue(Lanes.BITS == 128, "vectors have " + Lanes.BITS + " bits here");
    long expected = Battery.digest(Battery.run(Kernels.scalar()));
    assertThat(Battery.digest(Battery.run(Kernels.vector()))).isEqualTo(expected);
    assertThat(Battery.digest(Battery.run(Kernels.vector()))).isEqualTo(expected); // compiled
  }
}
