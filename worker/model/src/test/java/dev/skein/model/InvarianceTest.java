package dev.skein.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.file.ModelFile;
import dev.skein.model.random.RandomWeights;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a row gives depends on its tokens, its state and the weights, and on nothing else: bit for
 * bit, logits, hidden vectors and states, for every version and every way to hold the matrices.
 * Each of these pairs takes one backend in its turn, so that every two of version, quantisation and
 * backend meet.
 */
class InvarianceTest {
  /** Every version, with the large matrices held in every way, and the backends to run it with. */
  static Stream<Arguments> kinds() {
    List<Kernels> usable = Kernels.usable();
    return pairs(number -> List.of(usable.get(number % usable.size())));
  }

  /**
   * @param backends those of the pair that stands in the row r and the column c of the table of
   *     versions and quantisations, given r + c
   */
  static Stream<Arguments> pairs(IntFunction<List<Kernels>> backends) {
    Architecture[] versions = Architecture.values();
    Quantization[] quantizations = Quantization.values();
    return IntStream.range(0, versions.length)
        .boxed()
        .flatMap(r ->
            IntStream.range(0, quantizations.length)
                .mapToObj(c -> Arguments.of(versions[r], quantizations[c], backends.apply(r + c))));
  }

  private static ModelFile odd(Architecture architecture) {
    return RandomWeights.of(Shapes.odd(architecture), 1);
  }

  private static ModelFile usual(Architecture architecture) {
    return RandomWeights.of(Shapes.usual(architecture), 2);
  }

  private static final int[] TOKENS = tokens(70, 5);

  private static int[] tokens(int n, int seed) {
    int[] out = new int[n];
    for (int i = 0; i < n; i++) {
      out[i] = (i * i * 7 + i * 13 + seed * 31) % 77;
    }
    return out;
  }

  @SuppressWarnings("ArrayRecordComponent") // a holder, never compared
  private record Outcome(float[] logits, float[] hidden, float[] state) {
    static Outcome of(Runner runner) {
      return new Outcome(runner.logits(), runner.hidden(), runner.state());
    }

    void requireSame(Outcome other, String what) {
      assertThat(bits(logits)).as("%s: logits", what).isEqualTo(bits(other.logits));
      assertThat(bits(hidden)).as("%s: hidden", what).isEqualTo(bits(other.hidden));
      assertThat(bits(state)).as("%s: state", what).isEqualTo(bits(other.state));
    }

    private static int[] bits(float[] x) {
      int[] out = new int[x.length];
      for (int i = 0; i < x.length; i++) {
        out[i] = Float.floatToIntBits(x[i]);
      }
      return out;
    }
  }

  private static Runner runner(
      ModelFile file, Quantization q, Kernels kernels, int threads, int chunk) throws Exception {
    return new Runner(file, q, kernels, threads, chunk, ModelConfig.GROUP_NORM_EPS);
  }

  private static Outcome reference(ModelFile file, Quantization q, int... tokens) throws Exception {
    try (Runner runner = runner(file, q, Kernels.scalar(), 1, 1)) {
      Outcome outcome = Outcome.of(runner.feed(tokens));
      for (float x : outcome.logits()) {
        assertThat(x).isFinite();
      }
      assertThat(outcome.logits()[0]).isNotEqualTo(outcome.logits()[1]);
      return outcome;
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void backendThreadsAndChunksDoNotShow(Architecture a, Quantization q, List<Kernels> backends)
      throws Exception {
    for (ModelFile file : List.of(odd(a), usual(a))) {
      Outcome reference = reference(file, q, TOKENS);
      for (Kernels kernels : backends) {
        requireSame(file, q, kernels, 1, 64, reference);
        requireSame(file, q, kernels, 2, 7, reference);
        requireSame(file, q, kernels, 3, 1, reference);
        requireSame(file, q, kernels, 2, 64, reference);
      }
    }
  }

  private static void requireSame(
      ModelFile file, Quantization q, Kernels kernels, int threads, int chunk, Outcome reference)
      throws Exception {
    try (Runner runner = runner(file, q, kernels, threads, chunk)) {
      assertThat(runner.model().backend()).isEqualTo(kernels.name());
      assertThat(runner.model().quantization()).isEqualTo(q);
      String what = kernels.name() + " threads " + threads + " chunk " + chunk;
      Outcome.of(runner.feed(TOKENS)).requireSame(reference, what);
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void savingAndLoadingInTheMiddleDoesNotShow(Architecture a, Quantization q) throws Exception {
    Outcome reference = reference(usual(a), q, TOKENS);
    float[] state;
    try (Runner first = runner(usual(a), q, Kernels.vector(), 2, 16)) {
      state = first.feed(Arrays.copyOf(TOKENS, 33)).state();
    }
    try (Runner second = runner(usual(a), q, Kernels.scalar(), 1, 64)) {
      second.feed(3, 1, 2);
      second.state(state);
      second.feed(Arrays.copyOfRange(TOKENS, 33, TOKENS.length));
      Outcome.of(second).requireSame(reference, "after loading");
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void otherRowsDoNotShow(Architecture a, Quantization q, List<Kernels> backends) throws Exception {
    int sessions = 13;
    List<int[]> texts = new ArrayList<>();
    List<Outcome> alone = new ArrayList<>();
    for (int s = 0; s < sessions; s++) {
      texts.add(tokens(20 + 3 * s, s));
      alone.add(reference(odd(a), q, texts.get(s)));
    }
    for (Kernels kernels : backends) {
      try (WorkerPool workers = new WorkerPool(2);
          Rwkv model =
              Rwkv.load(
                  odd(a), q, kernels, workers, ModelConfig.GROUP_NORM_EPS, LoadProgress.NONE);
          StateSlab slab = new StateSlab(model.stateLayout(), sessions);
          Workspace workspace = model.newWorkspace(128, sessions)) {
        runTogether(model, slab, workspace, texts, alone);
      }
    }
  }

  /** Feeds ragged pieces of all texts together until each of them is through. */
  private static void runTogether(
      Rwkv model, StateSlab slab, Workspace w, List<int[]> texts, List<Outcome> alone) {
    int[] read = new int[texts.size()];
    Batch batch = new Batch();
    for (int step = 0, left = texts.size(); left > 0; step++) {
      batch.clear();
      int[] rows = new int[texts.size()];
      Arrays.fill(rows, -1);
      for (int s = 0; s < texts.size(); s++) {
        int rest = texts.get(s).length - read[s];
        int count = Math.min(rest, 1 + (step * 5 + s * 3) % 9);
        if (count > 0 && (step + s) % 4 != 0) {
          boolean last = count == rest;
          int row = batch.add(s, texts.get(s), read[s], count, last || step % 2 == 0);
          read[s] += count;
          rows[s] = last ? row : -1;
        }
      }
      model.forward(batch, slab, w);
      for (int s = 0; s < texts.size(); s++) {
        if (rows[s] >= 0) {
          outcome(model, slab, w, rows[s], s).requireSame(alone.get(s), "session " + s);
          left--;
        }
      }
    }
  }

  private static Outcome outcome(Rwkv model, StateSlab slab, Workspace w, int row, int slot) {
    float[] state = new float[model.stateLayout().floats()];
    slab.save(slot, state);
    return new Outcome(
        w.logits(row).toArray(ValueLayout.JAVA_FLOAT),
        w.hidden(row).toArray(ValueLayout.JAVA_FLOAT),
        state);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aBrokenSessionBreaksNoOther(Architecture a, Quantization q, List<Kernels> backends)
      throws Exception {
    Outcome reference = reference(usual(a), q, TOKENS);
    for (Kernels kernels : backends) {
      try (WorkerPool workers = new WorkerPool(2);
          Rwkv model =
              Rwkv.load(
                  usual(a), q, kernels, workers, ModelConfig.GROUP_NORM_EPS, LoadProgress.NONE);
          StateSlab slab = new StateSlab(model.stateLayout(), 6);
          Workspace workspace = model.newWorkspace(6 * TOKENS.length, 6)) {
        float[] broken = new float[model.stateLayout().floats()];
        broken[1] = Float.NaN;
        slab.load(2, broken);
        Batch batch = new Batch();
        for (int slot = 0; slot < 6; slot++) {
          batch.add(slot, TOKENS, 0, TOKENS.length, true);
        }
        model.forward(batch, slab, workspace);
        for (int slot = 0; slot < 6; slot++) {
          Outcome outcome = outcome(model, slab, workspace, slot, slot);
          if (slot == 2) {
            assertThat(outcome.logits()).containsOnly(Float.NaN);
          } else {
            outcome.requireSame(reference, "slot " + slot);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void int8IsCloseToFp32(Architecture a) throws Exception {
    float[] exact = reference(usual(a), Quantization.FP32, TOKENS).logits();
    float[] rounded = reference(usual(a), Quantization.INT8, TOKENS).logits();
    double error = 0;
    double size = 0;
    for (int i = 0; i < exact.length; i++) {
      error += Math.pow(rounded[i] - exact[i], 2);
      size += Math.pow(exact[i], 2);
    }
    assertThat(Math.sqrt(error / size)).isBetween(1e-5, 0.05);
  }
}
