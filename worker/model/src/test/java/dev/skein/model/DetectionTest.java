package dev.skein.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import dev.skein.model.random.RandomWeights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which version a file is, told by its tensors, and how a file that is none is refused. */
class DetectionTest {
  @TempDir Path folder;

  private static EditedFile random(Architecture architecture) {
    return new EditedFile(RandomWeights.of(Shapes.odd(architecture), 3));
  }

  private static void requireRefused(ModelFile file, String... parts) {
    try (WorkerPool workers = new WorkerPool(1)) {
      assertThatThrownBy(() ->
              Rwkv.load(
                      file,
                      Quantization.FP32,
                      Kernels.scalar(),
                      workers,
                      ModelConfig.GROUP_NORM_EPS,
                      LoadProgress.NONE)
                  .close())
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContainingAll(parts)
          .hasMessageContaining("; ")
          .hasMessageNotContaining("\n");
    }
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void theOrderOfTheTensorsDoesNotCount(Architecture architecture) throws Exception {
    EditedFile file = random(architecture);
    List<String> names = new ArrayList<>(file.names());
    Collections.shuffle(names, new Random(7));
    names.forEach(name -> file.put(name, Objects.requireNonNull(file.tensors.remove(name))));
    assertThat(Architecture.detect(file)).isEqualTo(architecture);
    try (Runner shuffled = runner(file);
        Runner plain = runner(random(architecture))) {
      assertThat(shuffled.feed(1, 2, 3).logits()).isEqualTo(plain.feed(1, 2, 3).logits());
    }
  }

  private static Runner runner(ModelFile file) throws ModelFormatException {
    return new Runner(file, Quantization.FP32, Kernels.scalar(), 1, 4, ModelConfig.GROUP_NORM_EPS);
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void everyMissingTensorIsNamed(Architecture architecture) {
    for (String name : random(architecture).names()) {
      if (name.equals("blocks.0.att.ln_x.weight") || name.endsWith(".ln1.weight")) {
        continue; // makes another version, or fewer layers, of which the rest is left over
      }
      requireRefused(random(architecture).remove(name), "");
      if (!name.startsWith("blocks.0.att.")) {
        requireRefused(random(architecture).remove(name), name);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void everyMisshapenTensorIsNamed(Architecture architecture) {
    for (String name : random(architecture).names()) {
      if (!name.startsWith("blocks.0.") && name.startsWith("blocks.")) {
        Tensor extra = Tensor.of(name, new float[7], 7, 1);
        requireRefused(random(architecture).put(name, extra), name, "[7, 1]");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void aTensorWithoutAPlaceIsNamed(Architecture architecture) {
    EditedFile file = random(architecture).put("blocks.1.att.novelty", 0, 1, 60);
    requireRefused(file, "blocks.1.att.novelty");
  }

  @Test
  void layersAfterAGapAreLeftOver() {
    requireRefused(random(Architecture.V6).remove("blocks.1.ln1.weight"), "blocks.1.");
  }

  @ParameterizedTest
  @CsvSource({
    "V7, time_maa_x, r_k (RWKV-7) and blocks.0.att.time_maa_x (RWKV-6)",
    "V6, r_k, r_k (RWKV-7) and blocks.0.att.time_maa_x (RWKV-6)",
    "V6, time_mix_k, time_maa_x (RWKV-6) and blocks.0.att.time_mix_k (RWKV-4 or 5)",
    "V4, r_k, r_k (RWKV-7) and blocks.0.att.time_mix_k (RWKV-4 or 5)"
  })
  void marksOfTwoVersionsAreNamed(Architecture architecture, String mark, String sentence) {
    EditedFile file = random(architecture).put("blocks.0.att." + mark, 0, 1, 60);
    requireRefused(file, "a mix of versions", sentence);
  }

  @Test
  void layersOfTwoVersionsAreRefused() throws ModelFormatException {
    EditedFile file = random(Architecture.V6);
    EditedFile other = random(Architecture.V5_2);
    for (String name : other.names()) {
      if (name.startsWith("blocks.2.")) {
        file.put(name, other.require(name));
      }
    }
    for (String name : List.copyOf(file.names())) {
      if (name.startsWith("blocks.2.") && name.contains("maa")) {
        file.remove(name);
      }
    }
    requireRefused(file, "blocks.2.att.time_maa");
  }

  @Test
  void aGateInRwkv4HasNoPlace() {
    requireRefused(
        random(Architecture.V4).put("blocks.0.att.gate.weight", 0, 1, 60, 60),
        "blocks.0.att.gate.weight");
  }

  @Test
  void aDecayByChannelWithoutAGateIsNoVersion() {
    EditedFile file = random(Architecture.V5_2);
    for (int i = 0; i < 3; i++) {
      file.remove("blocks." + i + ".att.gate.weight");
    }
    requireRefused(file, "time_decay BF16 [5, 12]", "blocks.0.att.gate.weight");
  }

  @Test
  void aMixWithoutItsGateIsNamed() {
    EditedFile file = random(Architecture.V5_1);
    for (int i = 0; i < 3; i++) {
      file.remove("blocks." + i + ".att.gate.weight");
    }
    requireRefused(file, "blocks.0.att.time_mix_g", "blocks.0.att.gate.weight");
  }

  @Test
  void aGateWithoutItsMixIsNamed() {
    EditedFile file = random(Architecture.V5_0).put("blocks.0.att.gate.weight", 0, 1, 60, 60);
    requireRefused(file, "a mix", "blocks.0.att.gate.weight", "blocks.0.att.time_mix_g");
  }

  @Test
  void aNormOfHeadsInRwkv4IsNoVersion() {
    EditedFile file = random(Architecture.V4);
    for (int i = 0; i < 3; i++) {
      file.put("blocks." + i + ".att.ln_x.weight", 0, 1, 60);
      file.put("blocks." + i + ".att.ln_x.bias", 0, 1, 60);
    }
    requireRefused(file, "a mix", "time_decay BF16 [60]", "blocks.0.att.ln_x.weight");
  }

  @ParameterizedTest
  @CsvSource({
    "V4, att.time_mix_r, att.time_mix_g",
    "V5_0, att.time_mix_v, att.time_maa_v",
    "V5_2, ffn.time_mix_r, ffn.time_maa_r",
    "V6, att.time_decay_w1, att.w1",
    "V6, att.time_maa_g, att.time_mix_g",
    "V7, att.x_g, att.time_maa_g",
    "V7, ffn.x_k, ffn.time_mix_k"
  })
  void whatIsMissingAndWhatIsThereInsteadIsNamed(
      Architecture architecture, String missing, String strange) {
    EditedFile file =
        random(architecture).remove("blocks.0." + missing).put("blocks.0." + strange, 0, 1, 60);
    requireRefused(file, "a mix", "no blocks.0." + missing, "place for blocks.0." + strange);
  }

  @Test
  void headsThatDoNotFitAreRefused() {
    EditedFile file = random(Architecture.V5_0);
    file.put("blocks.0.att.time_decay", 0, 1, 7);
    requireRefused(file, "7 heads", "width of 60");
  }

  @Test
  void whatIsNoModelIsRefused() {
    EditedFile file = random(Architecture.V4).remove("emb.weight");
    requireRefused(file, "emb.weight", "original");
    EditedFile bare = random(Architecture.V4).remove("blocks.0.att.time_mix_k");
    requireRefused(bare, "no version of RWKV", "time_mix_k (RWKV-4 or 5)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"blocks.0.ffn.s_emb.weight", "blocks.1.ffn.s0", "blocks.0.att.rosa_k", "rosa1"})
  void laterVariantsAreToldWhichFileToTake(String name) {
    requireRefused(
        random(Architecture.V7).put(name, 0, 1, 4), name, "RWKV-7a", "RWKV-8", "rwkv7-g1-*.pth");
  }

  // ---- tuned states

  @Test
  void aStateOfAnotherModelIsRefused() {
    EditedFile file = random(Architecture.V6);
    for (int i = 0; i < 3; i++) {
      file.put("blocks." + i + ".att.time_state", 0, 1, 5, 12, 11);
    }
    requireRefused(file, "blocks.0.att.time_state", "[5, 12, 11]", "[5, 12, 12]");
    EditedFile partly = random(Architecture.V6);
    partly.put("blocks.0.att.time_state", 0, 1, 5, 12, 12);
    requireRefused(partly, "blocks.1.att.time_state", "missing");
    EditedFile more = random(Architecture.V6);
    for (int i = 0; i < 4; i++) {
      more.put("blocks." + i + ".att.time_state", 0, 1, 5, 12, 12);
    }
    requireRefused(more, "blocks.3.att.time_state", "3 layers");
    EditedFile four = random(Architecture.V4);
    four.put("blocks.0.att.time_state", 0, 1, 1, 60, 60);
    requireRefused(four, "time_state", "RWKV-4 has no heads");
  }

  @Test
  void aNewSlotHoldsTheInitialState() throws Exception {
    EditedFile file = random(Architecture.V7);
    for (int i = 0; i < 3; i++) {
      file.put("blocks." + i + ".att.time_state", 0, 1, 5, 12, 12);
    }
    for (ModelFile tuned : List.of(file, random(Architecture.V4))) {
      try (Runner runner = runner(tuned)) {
        StateLayout layout = runner.model().stateLayout();
        assertThat(runner.state()).isEqualTo(layout.initial());
        float[] fresh = runner.feed(1, 2, 3).logits();
        runner.reset();
        assertThat(runner.state()).isEqualTo(layout.initial());
        assertThat(runner.feed(1, 2, 3).logits()).isEqualTo(fresh);
        runner.state(layout.initial());
        assertThat(runner.feed(1, 2, 3).logits()).isEqualTo(fresh);
      }
    }
  }
}
