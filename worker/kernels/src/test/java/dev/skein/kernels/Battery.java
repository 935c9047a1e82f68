package dev.skein.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/** Every operation at many awkward sizes; the results by a name that says what they are of. */
final class Battery {
  static final int[] SIZES = {
    1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100, 257
  };
  static final int[][] MATRICES = { // rows, columns
    {1, 1},
    {3, 7},
    {15, 16},
    {16, 15},
    {17, 33},
    {31, 64},
    {33, 129},
    {40, 513},
    {64, 771},
    {80, 2051}
  };
  static final int[] COUNTS = {1, 2, 3, 4, 5, 8, 9, 13};
  static final int[] HEADS = {8, 12, 16, 20, 32, 40, 64, 65, 96, 128};

  private final Kernels kernels;
  private final SequencedMap<String, float[]> results = new LinkedHashMap<>();

  private Battery(Kernels kernels) {
    this.kernels = kernels;
  }

  static SequencedMap<String, float[]> run(Kernels kernels) {
    Battery battery = new Battery(kernels);
    for (int n : SIZES) {
      battery.elementwise(n);
      battery.norms(n);
    }
    for (int[] m : MATRICES) {
      battery.products(m[0], m[1]);
    }
    for (int n : HEADS) {
      battery.wkv7(n);
      battery.wkv6(n);
    }
    for (int n : SIZES) {
      battery.wkv4(n);
    }
    battery.extremes();
    return battery.results;
  }

  /** One number for all bits of all results. */
  static long digest(Map<String, float[]> results) {
    long digest = 1;
    for (float[] values : results.values()) {
      for (float value : values) {
        digest = digest * 0x5851F42D4C957F2DL + Float.floatToIntBits(value);
      }
    }
    return digest;
  }

  @FunctionalInterface
  private interface InPlace {
    void apply(float[] x, int from, int n);
  }

  private void put(String name, int n, InPlace operation) {
    for (int from : new int[] {0, 3}) {
      float[] x = Numbers.activations(n, from + n + 2);
      operation.apply(x, from, n);
      results.put(name + " n=" + n + " from=" + from, x);
    }
  }

  private void elementwise(int n) {
    float[] a = Numbers.vector(1, n + 3);
    float[] b = Numbers.vector(2, n + 3);
    put("exp", n, kernels::exp);
    put("tanh", n, kernels::tanh);
    put("sigmoid", n, kernels::sigmoid);
    put("silu", n, kernels::silu);
    put("squaredRelu", n, kernels::squaredRelu);
    put("biased sigmoid", n, (x, from, m) -> kernels.sigmoid(a, x, from, m));
    put("doubleExp", n, (x, from, m) -> kernels.doubleExp(a, x, from, m));
    put("decay", n, (x, from, m) -> kernels.decay(a, x, from, m));
    put("add", n, (x, from, m) -> kernels.add(x, a, from, m));
    put("multiply", n, (x, from, m) -> kernels.multiply(x, a, x, from, m));
    put("addScaled", n, (x, from, m) -> kernels.addScaled(x, 1.7f, a, from, m));
    put("mix", n, (x, from, m) -> kernels.mix(x, a, b, x, from, m));
    put("scaleKey", n, (x, from, m) -> kernels.scaleKey(x, a, b, from, m));
  }

  private void norms(int n) {
    float[] a = Numbers.vector(3, n + 3);
    float[] b = Numbers.vector(4, n + 3);
    put("groupNorm", n, (x, from, m) -> kernels.groupNorm(x, a, b, 64e-5f, from, m));
    put("l2Normalize", n, (x, from, m) -> kernels.l2Normalize(x, 1e-12f, from, m));
    put("dot", n, (x, from, m) -> x[0] = kernels.dot(x, a, b, from, m));
    float[] out = new float[n];
    float[] weight = Arrays.copyOf(a, n);
    kernels.layerNorm(Numbers.activations(5, n + 5), weight, b, 1e-5f, out);
    results.put("layerNorm n=" + n, out);
  }

  private void products(int rows, int columns) {
    RowSource narrow = (r, out) -> fill(out, r, columns, 0);
    RowSource biased = (r, out) -> fill(out, r, columns, 1.5f);
    try (Arena arena = Arena.ofConfined();
        WorkerPool one = new WorkerPool(1)) {
      product("fp32", FloatMatrix.pack(arena, rows, columns, narrow, one));
      product("int8", requireNarrow(Int8Matrix.pack(arena, rows, columns, narrow, one), true));
      Int8Matrix steep = Int8Matrix.pack(arena, rows, columns, Battery::fillSteeply, one);
      product("int8 steep", requireNarrow(steep, true));
      Int8Matrix wide = Int8Matrix.pack(arena, rows, columns, biased, one);
      product("int8 biased", columns < 32 ? wide : requireNarrow(wide, false));
    }
  }

  private static Int8Matrix requireNarrow(Int8Matrix m, boolean expected) {
    for (int p = 0; p < m.panels(); p++) {
      if (m.narrow(p) != expected) {
        throw new AssertionError("panel " + p + " of " + m.columns() + " columns");
      }
    }
    return m;
  }

  private static void fill(float[] out, int row, int columns, float bias) {
    for (int k = 0; k < columns; k++) {
      float even = Numbers.at(7 + row, k);
      out[k] = (even * even * even + bias) * (1 + row % 3);
    }
  }

  /** As large as a narrow panel may be in every window: 127 + 31 * 61 is just below 2^11. */
  private static void fillSteeply(int row, float[] out) {
    for (int k = 0; k < out.length; k++) {
      float size = k % 32 == 0 ? 1 : 61 / 127f;
      out[k] = k / 32 % 2 == row % 2 ? size : -size;
    }
  }

  private void product(String name, Matrix m) {
    for (int count : COUNTS) {
      Activations x = new Activations(count, m.columns(), true);
      for (int t = 0; t < count; t++) {
        float[] row = Numbers.activations(100 + t, m.columns());
        System.arraycopy(row, 0, x.row(t), 0, row.length);
      }
      if (count > 4) {
        Arrays.fill(x.row(0), 1);
        Arrays.fill(x.row(1), -1);
        Arrays.fill(x.row(2), 0);
        x.row(3)[0] = Float.NaN;
        x.row(4)[0] = Float.NEGATIVE_INFINITY;
      }
      kernels.quantize(x, 0, count);
      float[][] y = new float[count][m.rows()];
      kernels.multiply(m, x, count, y, 0, m.panels(), new ProductScratch());
      for (int t = 0; t < count; t++) {
        results.put(name + " " + m.rows() + "x" + m.columns() + " row " + t + " of " + count, y[t]);
      }
    }
  }

  private void wkv7(int size) {
    int heads = 2;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = heads(arena, heads, size);
      for (int token = 0; token < 3; token++) {
        Wkv7Row row = new Wkv7Row(heads * size);
        fill(token, row.r(), row.w(), row.k(), row.v(), row.kk(), row.b());
        for (int h = 0; h < heads; h++) {
          kernels.wkv7(row, h, size, state, (long) h * size * size * 4);
        }
        results.put("wkv7 head size " + size + " token " + token, row.y());
      }
      results.put("wkv7 state " + size, state.toArray(ValueLayout.JAVA_FLOAT));
    }
  }

  private void wkv6(int size) {
    int heads = 2;
    int n = heads * size;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = heads(arena, heads, size);
      for (int token = 0; token < 3; token++) {
        Wkv6Row row =
            new Wkv6Row(new float[n], new float[n], new float[n], new float[n], new float[n]);
        fill(token, row.r(), row.w(), row.k(), row.v());
        for (int h = 0; h < heads; h++) {
          kernels.wkv6(row, h, size, state, (long) h * size * size * 4);
        }
        results.put("wkv6 head size " + size + " token " + token, row.y());
      }
      results.put("wkv6 state " + size, state.toArray(ValueLayout.JAVA_FLOAT));
    }
  }

  private static MemorySegment heads(Arena arena, int heads, int size) {
    MemorySegment state = arena.allocate(4L * heads * size * size, 64);
    for (int i = 0; i < heads * size * size; i++) {
      state.setAtIndex(ValueLayout.JAVA_FLOAT, i, Numbers.at(11, i));
    }
    return state;
  }

  private static void fill(int token, float[]... vectors) {
    for (int i = 0; i < vectors.length; i++) {
      float[] values = Numbers.vector(20L * token + i, vectors[i].length);
      System.arraycopy(values, 0, vectors[i], 0, values.length);
    }
  }

  /** From the empty state, with keys far beyond what an exponential can hold. */
  private void wkv4(int n) {
    float[] decay = Numbers.vector(31, n + 3);
    float[] first = Numbers.vector(32, n + 3);
    for (int i = 0; i < decay.length; i++) {
      decay[i] -= 1;
    }
    Wkv4State state = new Wkv4State(n + 3);
    Arrays.fill(state.m(), -1e30f);
    for (int token = 0; token < 4; token++) {
      float[] k = Numbers.activations(33 + token, n + 3);
      for (int i = 0; i < k.length; i++) {
        k[i] *= 1 + 60 * (i % 3);
      }
      Wkv4Row row = new Wkv4Row(k, Numbers.vector(40 + token, n + 3), new float[n + 3]);
      kernels.wkv4(row, state, decay, first, 3, n);
      results.put("wkv4 n=" + n + " token " + token, row.y());
    }
    results.put("wkv4 sums n=" + n, state.a());
    results.put("wkv4 weights n=" + n, state.b());
    results.put("wkv4 maxima n=" + n, state.m());
  }

  private void extremes() {
    float[] values = {
      0f,
      -0f,
      Float.MIN_VALUE,
      -Float.MIN_VALUE,
      1e-38f,
      1e-7f,
      -1e-7f,
      0.625f,
      Math.nextDown(0.625f),
      -0.625f,
      1,
      -1,
      17,
      -17,
      87,
      -87,
      87.5f,
      88.72f,
      88.73f,
      89,
      103.9f,
      -87.4f,
      -95,
      -103.2f,
      -103.98f,
      -104.5f,
      1e30f,
      -1e30f,
      Float.MAX_VALUE,
      -Float.MAX_VALUE,
      Float.POSITIVE_INFINITY,
      Float.NEGATIVE_INFINITY,
      Float.NaN
    };
    results.put("exp of extremes", apply(kernels::exp, values));
    results.put("tanh of extremes", apply(kernels::tanh, values));
    results.put("sigmoid of extremes", apply(kernels::sigmoid, values));
    results.put("silu of extremes", apply(kernels::silu, values));
    results.put("squaredRelu of extremes", apply(kernels::squaredRelu, values));
  }

  private static float[] apply(InPlace operation, float[] values) {
    float[] x = values.clone();
    operation.apply(x, 0, x.length);
    return x;
  }
}
