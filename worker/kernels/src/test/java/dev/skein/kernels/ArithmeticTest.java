package dev.skein.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** The reference itself, against the definitions. */
class ArithmeticTest {
  private final Kernels kernels = Kernels.scalar();

  @Test
  void elementaryFunctionsAreAccurate() {
    requireUlps("exp", kernels::exp, StrictMath::exp, -87, 88, 2);
    requireUlps("tanh", kernels::tanh, StrictMath::tanh, -20, 20, 3);
    requireUlps("sigmoid", kernels::sigmoid, x -> 1 / (1 + StrictMath.exp(-x)), -80, 80, 3);
  }

  @FunctionalInterface
  private interface InPlace {
    void apply(float[] x, int from, int n);
  }

  private static void requireUlps(
      String name, InPlace f, DoubleUnaryOperator exact, float from, float to, double ulps) {
    int n = 200_001;
    float[] x = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = from + (to - from) * i / (n - 1);
    }
    float[] y = x.clone();
    f.apply(y, 0, n);
    for (int i = 0; i < n; i++) {
      double expected = exact.applyAsDouble(x[i]);
      double allowed = ulps * Math.ulp((float) expected);
      assertThat((double) y[i]).as("%s(%s)", name, x[i]).isCloseTo(expected, within(allowed));
    }
  }

  @Test
  void extremesOfExp() {
    float[] x = {0, -0f, 89, 1e30f, Float.POSITIVE_INFINITY, -105, Float.NEGATIVE_INFINITY, -100};
    kernels.exp(x, 0, x.length);
    assertThat(x[0]).isEqualTo(1);
    assertThat(x[1]).isEqualTo(1);
    assertThat(x[2]).isInfinite();
    assertThat(x[3]).isInfinite();
    assertThat(x[4]).isInfinite();
    assertThat(x[5]).isZero();
    assertThat(x[6]).isZero();
    assertThat(x[7]).isCloseTo((float) StrictMath.exp(-100), within(Float.MIN_VALUE));
    float[] nan = {Float.NaN};
    kernels.sigmoid(nan, 0, 1);
    assertThat(nan[0]).isNaN();
  }

  @Test
  void int8ProductsFollowTheirDefinition() {
    int rows = 5;
    int columns = 300;
    RowSource source = (r, out) -> System.arraycopy(Numbers.vector(r, columns), 0, out, 0, columns);
    float[] x = Numbers.activations(50, columns);
    float[][] y = new float[1][rows];
    try (Arena arena = Arena.ofConfined();
        WorkerPool workers = new WorkerPool(1)) {
      Int8Matrix m = Int8Matrix.pack(arena, rows, columns, source, workers);
      Activations a = new Activations(1, columns, true);
      System.arraycopy(x, 0, a.row(0), 0, columns);
      kernels.quantize(a, 0, 1);
      kernels.multiply(m, a, 1, y, 0, m.panels(), new ProductScratch());
    }
    float max = 0;
    for (float value : x) {
      max = Math.max(max, Math.abs(value));
    }
    for (int r = 0; r < rows; r++) {
      assertThat(y[0][r]).isEqualTo(product(Numbers.vector(r, columns), x, max));
    }
  }

  private static float product(float[] weights, float[] x, float max) {
    float largest = 0;
    for (float w : weights) {
      largest = Math.max(largest, Math.abs(w));
    }
    long high = 0;
    long low = 0;
    for (int k = 0; k < x.length; k++) {
      long w = (long) Math.rint(weights[k] * (127 / largest));
      long q = (long) Math.rint(x[k] * (32767 / max));
      high += w * (q >> 8);
      low += w * (q & 255);
    }
    return Math.fma((float) high, 256f, (float) low) * ((largest / 127) * (max / 32767));
  }

  @Test
  void unusableMatricesAreRefused() {
    try (Arena arena = Arena.ofConfined();
        WorkerPool workers = new WorkerPool(1)) {
      RowSource nan = (r, out) -> out[0] = Float.NaN;
      assertThatThrownBy(() -> Int8Matrix.pack(arena, 1, 4, nan, workers))
          .isInstanceOf(IllegalArgumentException.class);
      RowSource zero = (r, out) -> {};
      assertThatThrownBy(() -> Int8Matrix.pack(arena, 1, 65794, zero, workers))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void backendsAreChosenByName() {
    assertThat(Kernels.named("scalar").name()).isEqualTo("scalar");
    assertThat(Kernels.named("vector").name()).isEqualTo("vector");
    assertThat(Kernels.named("auto")).isSameAs(Kernels.fastest());
    assertThat(Kernels.reason()).contains("backend");
    assertThatThrownBy(() -> Kernels.named("gpu"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("gpu");
  }
}
