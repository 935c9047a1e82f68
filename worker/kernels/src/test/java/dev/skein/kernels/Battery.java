package dev.skein.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Consumer;

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
  static final int[] COUNTS = {1, 2, 3, 4, 5, 8, 13, 17, 33, 64};
  static final int[] HEADS = {8, 12, 16, 20, 32, 40, 64, 65, 96, 128};

  private final Kernels kernels;
  private final Arena arena;
  private final SequencedMap<String, float[]> results = new LinkedHashMap<>();

  private Battery(Kernels kernels, Arena arena) {
    this.kernels = kernels;
    this.arena = arena;
  }

  static SequencedMap<String, float[]> run(Kernels kernels) {
    try (Arena arena = Arena.ofConfined()) {
      return run(new Battery(kernels, arena));
    }
  }

  private static SequencedMap<String, float[]> run(Battery battery) {
    for (int n : SIZES) {
      battery.elementwise(n);
      battery.wholeRows(n);
      battery.distributions(n);
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
    void apply(Rows x, int from, int n);
  }

  private void put(String name, int n, InPlace operation) {
    for (int from : new int[] {0, 3}) {
      Rows x =
          Rows.of(arena, Numbers.vector(0, from + n + 2), Numbers.activations(n, from + n + 2));
      operation.apply(x, from, n);
      put(name + " n=" + n + " from=" + from, x);
    }
  }

  private void put(String name, Rows rows) {
    for (int row = 0; row < rows.count(); row++) {
      results.put(name + " row " + row, rows.toArray(row));
    }
  }

  private Rows rows(long seed, int count, int n) {
    float[][] vectors = new float[count][];
    for (int row = 0; row < count; row++) {
      vectors[row] = Numbers.vector(seed + row, n);
    }
    return Rows.of(arena, vectors);
  }

  private void elementwise(int n) {
    put("tanh", n, (x, from, m) -> kernels.tanh(x, 1, from, m));
    put("sigmoid", n, (x, from, m) -> kernels.sigmoid(x, 1, from, m));
    put("squaredRelu", n, (x, from, m) -> kernels.squaredRelu(x, 1, from, m));
  }

  private void distributions(int n) {
    float[] e = Numbers.activations(n, n + 5);
    kernels.exp(e, n);
    results.put("exp n=" + n, e);
    float[] x = Numbers.activations(n, n);
    float[] weights = new float[n];
    double total = kernels.weigh(x, kernels.greatest(x), 0.7f, weights);
    results.put("weigh n=" + n, weights);
    results.put("sum n=" + n, new float[] {(float) total, (float) (total - (float) total)});
    int[] indices = new int[n];
    float[] kept = new float[n];
    int count = kernels.keep(weights, weights[n / 2], indices, kept);
    float[] places = new float[count];
    for (int i = 0; i < count; i++) {
      places[i] = indices[i];
    }
    float[] plain = new float[n];
    kernels.weigh(x, kernels.greatest(x), 1, plain);
    results.put("weigh plainly n=" + n, plain);
    results.put("kept n=" + n, Arrays.copyOf(kept, count));
    float[] some = new float[n];
    int between = kernels.keepBetween(weights, n, weights[n / 2], weights[n / 3], some);
    results.put("between n=" + n, Arrays.copyOf(some, between));
    float[] same = weights.clone();
    between = kernels.keepBetween(same, n, 0, weights[n / 2], same);
    results.put("between in place n=" + n, Arrays.copyOf(same, between));
    double sum = kernels.sum(weights, n - n / 3);
    results.put("part n=" + n, new float[] {(float) sum, (float) (sum - (float) sum)});
    results.put("places n=" + n, places);
    x[n / 2] = Float.NaN;
    results.put("greatest n=" + n, new float[] {kernels.greatest(weights), kernels.greatest(x)});
  }

  private void wholeRows(int n) {
    Rows x = Rows.of(arena, Numbers.vector(1, n), Numbers.activations(2, n));
    Rows y = Rows.of(arena, Numbers.vector(3, n), Numbers.activations(4, n));
    Rows amounts = rows(5, 3, n);
    Rows[] outs = {new Rows(arena, 2, n), new Rows(arena, 2, n), new Rows(arena, 2, n)};
    kernels.shift(x, y, 1, amounts, outs);
    Rows[] changes = {rows(10, 2, n), rows(20, 2, n), rows(30, 2, n)};
    Rows[] changed = {new Rows(arena, 2, n), new Rows(arena, 2, n), new Rows(arena, 2, n)};
    kernels.shift(x, y, 1, amounts, changes, changed);
    for (int j = 0; j < outs.length; j++) {
      put("shift n=" + n + " output " + j, outs[j]);
      put("shift by token n=" + n + " output " + j, changed[j]);
    }
    kernels.add(x, y, 1);
    put("add n=" + n, x);
    kernels.gate(x, y, 1);
    put("gate n=" + n, x);
    Rows norms = new Rows(arena, 3, n);
    kernels.layerNorm(y, 0, norm(n, 1e-5f), norms, 2);
    put("layerNorm n=" + n, norms);
  }

  private Norm norm(int n, float eps) {
    return new Norm(rows(51, 1, n), rows(52, 1, n), eps);
  }

  private void products(int rows, int columns) {
    RowSource narrow = (r, out) -> fill(out, r, columns, 0);
    RowSource biased = (r, out) -> fill(out, r, columns, 1.5f);
    try (WorkerPool one = new WorkerPool(1)) {
      product("fp32", FloatMatrix.pack(arena, rows, columns, narrow, one));
      product("int8", requireNarrow(Int8Matrix.pack(arena, rows, columns, narrow, one), true));
      Int8Matrix steep = Int8Matrix.pack(arena, rows, columns, Battery::fillSteeply, one);
      product("int8 steep", requireNarrow(steep, true));
      Int8Matrix wide = Int8Matrix.pack(arena, rows, columns, biased, one);
      product("int8 biased", columns < 32 ? wide : requireNarrow(wide, false));
      for (HalfMatrix.Type type : HalfMatrix.Type.values()) {
        RowSource tiny = (r, out) -> fillTiny(out, r);
        product("half " + type, HalfMatrix.pack(type, arena, rows, columns, narrow, one));
        product("tiny " + type, HalfMatrix.pack(type, arena, rows, columns, tiny, one));
      }
      product("int4", Int4Matrix.pack(arena, rows, columns, narrow, one));
      product("int4 full", Int4Matrix.pack(arena, rows, columns, Battery::fillFully, one));
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

  /** Around the smallest values that two bytes can hold, zeros of both signs among them. */
  private static void fillTiny(float[] out, int row) {
    for (int k = 0; k < out.length; k++) {
      out[k] = Numbers.at(7 + row, k) * 0x1p-13f * (k % 5 == 0 ? 0x1p-10f : 1);
    }
  }

  /** Every weight -8: the largest sums that groups can have. */
  private static void fillFully(int row, float[] out) {
    for (int k = 0; k < out.length; k++) {
      out[k] = row % 2 == 0 ? -1 : 1;
    }
  }

  private void product(String name, Matrix m) {
    for (int count : COUNTS) {
      Activations x = new Activations(arena, count, m.columns(), true);
      for (int t = 0; t < count; t++) {
        x.rows().write(t, Numbers.activations(100 + t, m.columns()));
      }
      if (count > 4) {
        float[] same = new float[m.columns()];
        Arrays.fill(same, 1);
        x.rows().write(0, same);
        Arrays.fill(same, -1);
        x.rows().write(1, same);
        x.rows().write(2, new float[m.columns()]);
        x.rows().set(3, 0, Float.NaN);
        x.rows().set(4, 0, Float.NEGATIVE_INFINITY);
      }
      kernels.quantize(x, 0, count);
      Rows y = new Rows(arena, count, m.rows());
      kernels.multiply(m, x, count, y, 0, m.panels(), new ProductScratch());
      put(name + " " + m.rows() + "x" + m.columns() + " of " + count, y);
    }
  }

  /** Two heads, three tokens, the last two in one stretch; with a first layer and without. */
  private void wkv7(int size) {
    int n = 2 * size;
    for (boolean first : new boolean[] {true, false}) {
      Wkv7Weights weights =
          new Wkv7Weights(
              rows(60, 1, n),
              rows(61, 1, n),
              first ? null : rows(62, 1, n),
              rows(63, 1, n),
              rows(64, 1, n),
              rows(65, 1, n),
              norm(n, 64e-5f));
      Rows v = rows(73, 3, n);
      Wkv7Rows x =
          new Wkv7Rows(
              rows(70, 3, n),
              rows(80, 3, n),
              rows(90, 3, n),
              v,
              rows(100, 3, n),
              rows(110, 3, n),
              first ? null : rows(120, 3, n),
              first ? v : rows(130, 3, n),
              new Rows(arena, 3, n),
              new Rows(arena, 3, n),
              new Rows(arena, 3, n));
      if (size > 8) { // a head without any key
        x.k().write(2, new float[n]);
      }
      MemorySegment state = heads(2, size);
      byHeads(size, state, s -> kernels.wkv7(x, weights, s));
      String name = "wkv7 head size " + size + (first ? " first" : "");
      put(name, x.y());
      put(name + " value", x.v());
      put(name + " key", x.k());
      results.put(name + " state", state.toArray(ValueLayout.JAVA_FLOAT));
    }
  }

  /** As RWKV-5.0 (no gate), 5.2 and 6. */
  private void wkv6(int size) {
    int n = 2 * size;
    for (int kind = 0; kind < 3; kind++) {
      Wkv6Weights weights =
          new Wkv6Weights(kind == 2, rows(60, 1, n), rows(61, 1, n), norm(n, 64e-5f));
      Wkv6Rows x =
          new Wkv6Rows(
              rows(70, 3, n),
              rows(80, 3, n),
              rows(90, 3, n),
              rows(100, 3, n),
              kind == 0 ? new Rows(arena, 3, 0) : rows(110, 3, n),
              new Rows(arena, 3, n));
      MemorySegment state = heads(2, size);
      byHeads(size, state, s -> kernels.wkv6(x, weights, s));
      String name = "wkv6 head size " + size + " kind " + kind;
      put(name, x.y());
      results.put(name + " state", state.toArray(ValueLayout.JAVA_FLOAT));
    }
  }

  private static void byHeads(int size, MemorySegment state, Consumer<Stretch> operation) {
    Stretch stretch = new Stretch();
    for (int h = 0; h < 2; h++) {
      stretch.channels(h * size, size).state(state, 4L * h * size * size);
      operation.accept(stretch.tokens(0, 1));
      operation.accept(stretch.tokens(1, 3));
    }
  }

  private MemorySegment heads(int heads, int size) {
    MemorySegment state = arena.allocate(4L * heads * size * size, 64);
    for (int i = 0; i < heads * size * size; i++) {
      state.setAtIndex(ValueLayout.JAVA_FLOAT, i, Numbers.at(11, i));
    }
    return state;
  }

  /** From the empty state, with keys far beyond what an exponential can hold. */
  private void wkv4(int n) {
    int width = n + 3;
    Rows decay = rows(31, 1, width);
    Rows k = rows(33, 4, width);
    for (int i = 0; i < width; i++) {
      decay.set(0, i, decay.get(0, i) - 1);
      for (int token = 0; token < 4; token++) {
        k.set(token, i, k.get(token, i) * (1 + 60 * (i % 3)));
      }
    }
    Wkv4Rows x =
        new Wkv4Rows(
            rows(36, 4, width),
            k,
            rows(40, 4, width),
            new Rows(arena, 4, width),
            new Rows(arena, 4, width),
            new Rows(arena, 4, width));
    long part = 4L * width;
    Wkv4Weights weights = new Wkv4Weights(decay, rows(32, 1, width), part, 2 * part, 3 * part);
    MemorySegment state = arena.allocate(5 * part, 64);
    for (int i = 0; i < width; i++) {
      state.set(ValueLayout.JAVA_FLOAT, 4 * part + 4L * i, -1e30f);
    }
    Stretch stretch = new Stretch().channels(3, n).state(state, part);
    kernels.wkv4(x, weights, stretch.tokens(0, 1));
    kernels.wkv4(x, weights, stretch.tokens(1, 4));
    put("wkv4 n=" + n, x.y());
    results.put("wkv4 state n=" + n, state.toArray(ValueLayout.JAVA_FLOAT));
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
    float[] exponentials = values.clone();
    kernels.exp(exponentials, values.length);
    results.put("exp of extremes", exponentials);
    extremes("tanh", values, (x, from, n) -> kernels.tanh(x, 0, from, n));
    extremes("sigmoid", values, (x, from, n) -> kernels.sigmoid(x, 0, from, n));
    extremes("squaredRelu", values, (x, from, n) -> kernels.squaredRelu(x, 0, from, n));
    extremes("gate", values, (x, from, n) -> kernels.gate(x, Rows.of(arena, values), 0));
  }

  private void extremes(String name, float[] values, InPlace operation) {
    Rows x = Rows.of(arena, values);
    operation.apply(x, 0, values.length);
    put(name + " of extremes", x);
  }
}
