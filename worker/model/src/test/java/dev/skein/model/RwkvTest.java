package dev.skein.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import dev.skein.model.random.RandomWeights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused, and the small promises of the trunk. */
class RwkvTest {
  private static final RandomWeights.Shape SHAPE =
      new RandomWeights.Shape(2, 32, 8, 48, 50, 4, 4, 4, 4);

  private static Rwkv load(ModelFile file, WorkerPool workers) throws ModelFormatException {
    return load(file, Quantization.INT8, workers);
  }

  private static Rwkv load(ModelFile file, Quantization q, WorkerPool workers)
      throws ModelFormatException {
    return Rwkv.load(
        file, q, Kernels.scalar(), workers, ModelConfig.GROUP_NORM_EPS, LoadProgress.NONE);
  }

  private static void requireRefused(EditedFile file, String... parts) {
    requireRefused(file, Quantization.INT8, parts);
  }

  private static void requireRefused(EditedFile file, Quantization q, String... parts) {
    try (WorkerPool workers = new WorkerPool(2)) {
      assertThatThrownBy(() -> load(file, q, workers).close())
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContainingAll(parts)
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void readsTheDimensions() throws ModelFormatException {
    try (WorkerPool workers = new WorkerPool(1);
        Rwkv model = load(new EditedFile(RandomWeights.of(SHAPE, 1)), workers)) {
      assertThat(model.config())
          .isEqualTo(
              new ModelConfig(Architecture.V7, 2, 32, 8, 4, 48, 50, ModelConfig.GROUP_NORM_EPS));
      assertThat(model.stateLayout().floats()).isEqualTo(2 * 32 * (2 + 8));
      assertThat(model.weightBytes()).isGreaterThan(model.bytesPerStep());
    }
  }

  @Test
  void warmsUp() throws ModelFormatException {
    try (WorkerPool workers = new WorkerPool(2);
        Rwkv model = load(new EditedFile(RandomWeights.of(SHAPE, 1)), workers)) {
      model.warmUp(3);
    }
  }

  @Test
  void refusesAMissingTensor() {
    EditedFile file = new EditedFile(RandomWeights.of(SHAPE, 1));
    file.tensors.remove("blocks.1.att.k_k");
    requireRefused(file, "blocks.1.att.k_k", "missing");
  }

  @Test
  void refusesATensorOfAnotherShape() {
    EditedFile file = new EditedFile(RandomWeights.of(SHAPE, 1));
    file.put("blocks.1.att.key.weight", Tensor.of("x", new float[31 * 32], 31, 32));
    requireRefused(file, "[31, 32]", "[32, 32]");
  }

  @Test
  void refusesTensorsThatHaveNoPlace() {
    EditedFile file = new EditedFile(RandomWeights.of(SHAPE, 1));
    file.put("blocks.1.att.extra", Tensor.of("blocks.1.att.extra", new float[1], 1));
    requireRefused(file, "blocks.1.att.extra");
  }

  @Test
  void refusesDeepEmbeddings() {
    EditedFile file = new EditedFile(RandomWeights.of(SHAPE, 1));
    file.put("blocks.0.ffn.s_emb.weight", Tensor.of("s", new float[1], 1));
    requireRefused(file, "RWKV-7a", "not supported");
  }

  /** Whatever a tensor becomes: a matrix, a factor, a vector, or the table of tokens. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "head.weight",
        "blocks.1.att.key.weight",
        "blocks.1.att.w1",
        "blocks.1.att.v2",
        "blocks.1.att.x_k",
        "blocks.1.ln2.bias",
        "emb.weight"
      })
  void refusesNumbersThatAreNotFinite(String name) throws ModelFormatException {
    for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
      EditedFile file = new EditedFile(RandomWeights.of(SHAPE, 1));
      Tensor sound = file.require(name);
      float[] values = new float[(int) sound.elements()];
      sound.read(values);
      values[values.length - 1] = bad;
      file.put(name, Tensor.of(name, values, sound.shape()));
      requireRefused(file, Quantization.FP32, name, "not finite");
      requireRefused(file, Quantization.INT8, name, "not finite");
    }
  }

  @Test
  void ignoresTheDummiesOfTheFirstLayer() throws ModelFormatException {
    EditedFile file = new EditedFile(RandomWeights.of(SHAPE, 1));
    for (String name : new String[] {"v0", "v1", "v2"}) {
      file.put("blocks.0.att." + name, Tensor.of(name, new float[3], 3));
    }
    try (WorkerPool workers = new WorkerPool(1);
        Rwkv model = load(file, workers)) {
      assertThat(model.config().layers()).isEqualTo(2);
    }
  }

  @Test
  void refusesBatchesThatDoNotFit() throws ModelFormatException {
    try (WorkerPool workers = new WorkerPool(1);
        Rwkv model = load(new EditedFile(RandomWeights.of(SHAPE, 1)), workers);
        StateSlab slab = new StateSlab(model.stateLayout(), 2);
        Workspace w = model.newWorkspace(4, 1)) {
      requireRefused(model, slab, w, 0, 50, 1);
      requireRefused(model, slab, w, 0, -1, 1);
      requireRefused(model, slab, w, 2, 1, 1);
      requireRefused(model, slab, w, 0, 1, 5);
      Batch batch = new Batch();
      batch.add(1, new int[] {1, 2}, 0, 2, false);
      assertThatThrownBy(() -> batch.add(1, new int[] {1}, 0, 1, false))
          .isInstanceOf(IllegalArgumentException.class);
      model.forward(batch, slab, w);
      assertThatThrownBy(() -> w.logits(0)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static void requireRefused(
      Rwkv model, StateSlab slab, Workspace w, int slot, int token, int count) {
    Batch batch = new Batch();
    int[] tokens = new int[count];
    tokens[0] = token;
    batch.add(slot, tokens, 0, count, false);
    assertThatThrownBy(() -> model.forward(batch, slab, w))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void slotsAreCopiedZeroedSavedAndLoaded() throws ModelFormatException {
    try (WorkerPool workers = new WorkerPool(1);
        Rwkv model = load(new EditedFile(RandomWeights.of(SHAPE, 1)), workers);
        StateSlab slab = new StateSlab(model.stateLayout(), 3)) {
      float[] state = new float[model.stateLayout().floats()];
      for (int i = 0; i < state.length; i++) {
        state[i] = i + 1;
      }
      slab.load(1, state);
      slab.copy(1, 2);
      slab.initial(1);
      assertThat(saved(slab, 2)).isEqualTo(state);
      assertThat(saved(slab, 1)).containsOnly(0);
      assertThat(saved(slab, 0)).containsOnly(0);
    }
  }

  private static float[] saved(StateSlab slab, int slot) {
    float[] out = new float[slab.layout().floats()];
    slab.save(slot, out);
    return out;
  }
}
