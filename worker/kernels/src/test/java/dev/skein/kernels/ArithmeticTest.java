package dev.skein.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** The reference itself, against the definitions. */
class ArithmeticTest {
  private final Kernels kernels = Kernels.scalar();

  @Test
  void elementaryFunctionsAreAccurate() {
    requireUlps("exp", (x, from, n) -> kernels.exp(x, n), StrictMath::exp, -87, 88, 2);
    requireUlps("tanh", inRows(kernels::tanh), StrictMath::tanh, -20, 20, 3);
    requireUlps("sigmoid", inRows(kernels::sigmoid), x -> 1 / (1 + StrictMath.exp(-x)), -80, 80, 3);
  }

  @FunctionalInterface
  private interface InPlace {
    void apply(float[] x, int from, int n);
  }

  @FunctionalInterface
  private interface InRows {
    void apply(Rows x, int row, int from, int n);
  }

  private static InPlace inRows(InRows operation) {
    return (x, from, n) -> {
      Rows rows = Rows.of(Arena.ofAuto(), x);
      operation.apply(rows, 0, from, n);
      System.arraycopy(rows.toArray(0), 0, x, 0, x.length);
    };
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
    kernels.exp(x, x.length);
    assertThat(x[0]).isEqualTo(1);
    assertThat(x[1]).isEqualTo(1);
    assertThat(x[2]).isInfinite();
    assertThat(x[3]).isInfinite();
    assertThat(x[4]).isInfinite();
    assertThat(x[5]).isZero();
    assertThat(x[6]).isZero();
    assertThat(x[7]).isCloseTo((float) StrictMath.exp(-100), within(Float.MIN_VALUE));
    float[] nan = {Float.NaN};
    inRows(kernels::sigmoid).apply(nan, 0, 1);
    assertThat(nan[0]).isNaN();
  }

  @Test
  void int8ProductsFollowTheirDefinition() {
    int rows = 5;
    int columns = 300;
    RowSource source = (r, out) -> System.arraycopy(Numbers.vector(r, columns), 0, out, 0, columns);
    float[] x = Numbers.activations(50, columns);
    float[] y;
    try (Arena arena = Arena.ofConfined();
        WorkerPool workers = new WorkerPool(1)) {
      Int8Matrix m = Int8Matrix.pack(arena, rows, columns, source, workers);
      y = times(m);
    }
    float max = 0;
    for (float value : x) {
      max = Math.max(max, Math.abs(value));
    }
    for (int r = 0; r < rows; r++) {
      assertThat(y[r]).isEqualTo(product(Numbers.vector(r, columns), x, max));
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
  void halvesMultiplyLikeFloatsOfTheSameValues() {
    for (HalfMatrix.Type type : HalfMatrix.Type.values()) {
      int rows = 37;
      int columns = 150;
      RowSource exact = (r, out) -> System.arraycopy(halves(type, r, columns), 0, out, 0, columns);
      RowSource near =
          (r, out) -> {
            exact.read(r, out);
            for (int k = 0; k < columns; k++) { // rounds back to the same half
              out[k] *= type == HalfMatrix.Type.BF16 ? 1 + 0x1p-10f : 1 + 0x1p-13f;
            }
          };
      try (Arena arena = Arena.ofConfined();
          WorkerPool workers = new WorkerPool(1)) {
        float[] wide = times(FloatMatrix.pack(arena, rows, columns, exact, workers));
        assertThat(times(HalfMatrix.pack(type, arena, rows, columns, exact, workers)))
            .containsExactly(wide);
        assertThat(times(HalfMatrix.pack(type, arena, rows, columns, near, workers)))
            .containsExactly(wide);
      }
    }
  }

  /** Values that two bytes hold without loss, from the smallest ones on. */
  private static float[] halves(HalfMatrix.Type type, int row, int n) {
    float[] out = Numbers.vector(row, n);
    for (int k = 0; k < n; k++) {
      float x = out[k] * (k % 3 == 0 ? 0x1p-9f : 3);
      out[k] =
          type == HalfMatrix.Type.BF16
              ? Float.intBitsToFloat(Float.floatToRawIntBits(x) & 0xffff0000)
              : Float.float16ToFloat(Float.floatToFloat16(x));
    }
    return out;
  }

  private float[] times(Matrix m) {
    Arena arena = Arena.ofAuto();
    Activations a = new Activations(arena, 1, m.columns(), true);
    a.rows().write(0, Numbers.activations(50, m.columns()));
    kernels.quantize(a, 0, 1);
    Rows y = new Rows(arena, 1, m.rows());
    kernels.multiply(m, a, 1, y, 0, m.panels(), new ProductScratch());
    return y.toArray(0);
  }

  @Test
  void int4ProductsFollowTheirDefinition() {
    int rows = 21;
    int columns = 300;
    RowSource source = (r, out) -> System.arraycopy(Numbers.vector(r, columns), 0, out, 0, columns);
    try (Arena arena = Arena.ofConfined();
        WorkerPool workers = new WorkerPool(1)) {
      Int4Matrix m = Int4Matrix.pack(arena, rows, columns, source, workers);
      float[] x = Numbers.activations(50, columns);
      float max = 0;
      for (float value : x) {
        max = Math.max(max, Math.abs(value));
      }
      float[] y = times(m);
      for (int r = 0; r < rows; r++) {
        float[] weights = Numbers.vector(r, columns);
        long sum = 0;
        for (int k = 0; k < columns; k++) {
          long q = (long) Math.rint(x[k] * (32767 / max));
          sum += (long) m.weight(r, k) * m.groupScale(r, k / 32) * q;
          double weight = (double) m.weight(r, k) * m.groupScale(r, k / 32) * m.scales()[r];
          assertThat(weight).isCloseTo(weights[k], within(0.15)); // a step is about 1/7.5
        }
        assertThat(y[r]).isEqualTo((float) sum * (m.scales()[r] * (max / 32767)));
      }
    }
  }

  @Test
  void theStepOfAGroupFitsBetterThanTheSimplestOne() {
    double simple = 0;
    double found = 0;
    for (int seed = 0; seed < 200; seed++) {
      float[] w = Numbers.vector(seed, 32);
      float largest = 0;
      for (int k = 0; k < 32; k++) {
        w[k] = w[k] * w[k] * w[k];
        largest = Math.abs(w[k]) > Math.abs(largest) ? w[k] : largest;
      }
      simple += error(w, largest / -8);
      found += error(w, Int4Steps.best(w, 0, 32));
    }
    assertThat(found).isLessThan(0.9 * simple);
  }

  private static double error(float[] w, float step) {
    double error = 0;
    for (float x : w) {
      error += Math.pow(x - step * Int4Steps.nearest(x / step), 2);
    }
    return error;
  }

  @Test
  void aMatrixIsItsImage() {
    int rows = 37;
    int columns = 150;
    RowSource source = (r, out) -> System.arraycopy(Numbers.vector(r, columns), 0, out, 0, columns);
    try (Arena arena = Arena.ofConfined();
        WorkerPool one = new WorkerPool(1)) {
      FloatMatrix f = FloatMatrix.pack(arena, rows, columns, source, one);
      requireSame(f, FloatMatrix.of(rows, columns, copy(f)));
      for (HalfMatrix.Type type : HalfMatrix.Type.values()) {
        HalfMatrix h = HalfMatrix.pack(type, arena, rows, columns, source, one);
        requireSame(h, HalfMatrix.of(type, rows, columns, copy(h)));
      }
      Int8Matrix q = Int8Matrix.pack(arena, rows, columns, source, one);
      requireSame(q, Int8Matrix.of(rows, columns, copy(q)));
      assertThat(Int8Matrix.of(rows, columns, copy(q)).consistent()).isTrue();
      Int4Matrix q4 = Int4Matrix.pack(arena, rows, columns, source, one);
      requireSame(q4, Int4Matrix.of(rows, columns, copy(q4)));
      assertThatThrownBy(() -> Int8Matrix.of(rows, columns + 4, copy(q)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("bytes");
      MemorySegment wrong = copy(q);
      long last = wrong.byteSize() - 1;
      byte mark = wrong.get(ValueLayout.JAVA_BYTE, last);
      wrong.set(ValueLayout.JAVA_BYTE, last, (byte) (1 - mark));
      assertThat(Int8Matrix.of(rows, columns, wrong).consistent()).isFalse();
    }
  }

  private static MemorySegment copy(Matrix m) {
    return Arena.ofAuto().allocate(m.image().byteSize(), 64).copyFrom(m.image());
  }

  private void requireSame(Matrix a, Matrix b) {
    assertThat(times(b)).containsExactly(times(a));
    assertThat(b.bytes()).isEqualTo(a.bytes());
  }

  @Test
  void unusableMatricesAreRefused() {
    try (Arena arena = Arena.ofConfined();
        WorkerPool workers = new WorkerPool(1)) {
      RowSource nan = (r, out) -> out[0] = Float.NaN;
      assertThatThrownBy(() -> Int8Matrix.pack(arena, 1, 4, nan, workers))
          .isInstanceOf(IllegalArgumentException.class);
      for (HalfMatrix.Type type : HalfMatrix.Type.values()) {
        assertThatThrownBy(() -> HalfMatrix.pack(type, arena, 1, 4, nan, workers))
            .isInstanceOf(IllegalArgumentException.class);
      }
      RowSource large = (r, out) -> out[0] = 65520;
      assertThatThrownBy(() -> HalfMatrix.pack(HalfMatrix.Type.FP16, arena, 1, 4, large, workers))
          .hasMessageContaining("65520");
      assertThatThrownBy(() -> Int4Matrix.pack(arena, 1, 40, nan, workers))
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
    for (Kernels usable : Kernels.usable()) {
      assertThat(Kernels.named(usable.name())).isSameAs(usable);
    }
    assertThat(Kernels.reason()).contains("backend");
    assertThatThrownBy(() -> Kernels.named("gpu"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("gpu");
  }
}
