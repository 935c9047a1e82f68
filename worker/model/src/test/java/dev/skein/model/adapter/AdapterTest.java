package dev.skein.model.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.kernels.Kernels;
import dev.skein.model.LoadProgress;
import dev.skein.model.Model;
import dev.skein.model.ModelConfig;
import dev.skein.model.Quantization;
import dev.skein.model.dialect.ModelFiles;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import dev.skein.model.file.TestFolders;
import dev.skein.model.file.ggml.BinFileBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdapterTest {
  private static final int WIDTH = 16;
  private static final int RANK = 3;
  private static final String KEY = "blocks.0.att.key";

  @TempDir Path folder;

  private static Path model() {
    return TestFolders.resources("hostile").resolve("ok-v4.bin");
  }

  private static float[] random(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    return values;
  }

  private static final float[] A = random(RANK * WIDTH, 1);
  private static final float[] B = random(WIDTH * RANK, 2);

  /** The reader knows a .bin by its content, and so an adapter may be one too. */
  private Path factors(String a, String b) throws IOException {
    return new BinFileBuilder(101, 0, 0, 0, 0)
        .floats(a, A, RANK, WIDTH)
        .floats(b, B, WIDTH, RANK)
        .write(folder.resolve("adapter.pth"));
  }

  private static float[] read(ModelFile file, String name) throws IOException {
    Tensor tensor = file.require(name);
    float[] out = new float[(int) tensor.elements()];
    tensor.read(out);
    return out;
  }

  private static void assertMerged(Adapter adapter, double scale) throws IOException {
    try (ModelFile base = ModelFiles.open(model());
        ModelFile merged = adapter.mergeInto(ModelFiles.open(model()))) {
      float[] before = read(base, KEY + ".weight");
      float[] after = read(merged, KEY + ".weight");
      for (int row = 0; row < WIDTH; row++) {
        for (int column = 0; column < WIDTH; column++) {
          double change = 0;
          for (int k = 0; k < RANK; k++) {
            change += B[row * RANK + k] * A[k * WIDTH + column];
          }
          int i = row * WIDTH + column;
          assertThat((double) after[i]).isCloseTo(before[i] + scale * change, Offset.offset(1e-5));
        }
      }
      assertThat(read(merged, "blocks.0.att.value.weight"))
          .isEqualTo(read(base, "blocks.0.att.value.weight"));
      assertThat(merged.names()).isEqualTo(base.names());
      float[] piece = new float[20];
      merged.require(KEY + ".weight").read(11, piece, 3, 17);
      for (int i = 0; i < 17; i++) {
        assertThat(piece[3 + i]).isEqualTo(after[11 + i]);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "blocks.0.att.key.lora_A,blocks.0.att.key.lora_B",
    "base_model.model.blocks.0.att.key.lora_A.weight,base_model.model.blocks.0.att.key.lora_B.weight",
    "base_model.model.rwkv.blocks.0.attention.key.lora_A.default.weight,base_model.model.rwkv.blocks.0.attention.key.lora_B.default.weight",
    "model.layers.0.attn.k_proj.lora_A.weight,model.layers.0.attn.k_proj.lora_B.weight",
  })
  void everyNamingIsMerged(String a, String b) throws IOException {
    Path file = factors(a, b);
    assertMerged(new Adapter(file, 6f), 6.0 / RANK);
    assertMerged(new Adapter(file, null), 1);
  }

  @Test
  void theConfigurationSaysTheScale() throws IOException {
    Path file = factors(KEY + ".lora_A", KEY + ".lora_B");
    Path config = folder.resolve("adapter_config.json");
    Files.writeString(config, "{\"peft_type\": \"LORA\", \"r\": 3, \"lora_alpha\": 12}");
    assertMerged(new Adapter(file, null), 4);
    assertMerged(new Adapter(file, 3f), 1);
    Files.writeString(config, "{\"lora_alpha\": 12, \"use_rslora\": true}");
    assertMerged(new Adapter(file, null), 12 / Math.sqrt(3));
    for (String more :
        new String[] {
          "\"use_dora\": true",
          "\"peft_type\": \"LOHA\"",
          "\"fan_in_fan_out\": true",
          "\"alpha_pattern\": {\"x\": 1}"
        }) {
      Files.writeString(config, "{\"lora_alpha\": 12, " + more + "}");
      refused(file, "it asks for more than plain LoRA");
    }
    Files.writeString(config, "{\"lora_alpha\": \"much\"}");
    refused(file, "its lora_alpha is no positive number");
    Files.writeString(config, "{");
    refused(file, "it is not valid JSON");
  }

  @Test
  void wholeTensorsAreReplaced() throws IOException {
    float[] values = random(WIDTH, 5);
    Path file =
        new BinFileBuilder(101, 0, 0, 0, 0)
            .floats(KEY + ".lora_A", A, RANK, WIDTH)
            .floats(KEY + ".lora_B", B, WIDTH, RANK)
            .floats("blocks.0.att.time_mix_k", values, WIDTH)
            .floats("base_model.model.ln_out.modules_to_save.weight", values, 1, 1, WIDTH)
            .write(folder.resolve("adapter"));
    try (ModelFile merged = new Adapter(file, null).mergeInto(ModelFiles.open(model()))) {
      assertThat(read(merged, "blocks.0.att.time_mix_k")).isEqualTo(values);
      assertThat(read(merged, "ln_out.weight")).isEqualTo(values);
      assertThat(merged.require("blocks.0.att.time_mix_k").shape()).containsExactly(1, 1, WIDTH);
      assertThat(merged.require("ln_out.weight").shape()).containsExactly(WIDTH);
    }
  }

  @Test
  void whatDoesNotFitIsRefusedByName() throws IOException {
    refused(
        factors("blocks.7.att.key.lora_A", "blocks.7.att.key.lora_B"),
        "no 'blocks.7.att.key.weight' there");
    refused(
        factors(KEY + ".lora_A", "blocks.0.att.value.lora_B"),
        "only one of the two factors of 'blocks.0.att.key.weight'");
    refused(factors(KEY + ".lora_B", KEY + ".lora_A"), "does not fit 'blocks.0.att.key.weight");
    refused(factors("blocks.0.ffn.value.lora_A", "blocks.0.ffn.value.lora_B"), "does not fit");
    refused(
        factors(KEY + ".lora_A.weight", KEY + ".lora_magnitude_vector"),
        "no 'blocks.0.att.key.lora_magnitude_vector' there");
    refused(factors(KEY + ".lora_A", KEY + ".lora_A.weight"), "is the second one");
    refused(factors("ln_out.weight", "ln_out.bias"), "which has another shape");
    refused(folder.resolve("absent.pth"), "there is no such file");
  }

  private static void refused(Path file, String fault) throws IOException {
    try (ModelFile base = ModelFiles.open(model())) {
      assertThatThrownBy(() -> new Adapter(file, null).mergeInto(base))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining(fault)
          .hasMessageContaining("; ");
    }
  }

  @Test
  void aModelWithAnAdapterIsAnotherModel() throws IOException {
    Path file = factors(KEY + ".lora_A", KEY + ".lora_B");
    String plain = fingerprint(null);
    assertThat(fingerprint(new Adapter(file, null))).isNotEqualTo(plain);
    assertThat(fingerprint(new Adapter(file, 1f)))
        .isNotEqualTo(plain)
        .isNotEqualTo(fingerprint(new Adapter(file, 2f)))
        .isEqualTo(fingerprint(new Adapter(file, 1f)));
  }

  private static String fingerprint(@Nullable Adapter adapter) throws IOException {
    Model.Options options =
        new Model.Options(
            Quantization.FP32, Kernels.scalar().name(), 1, null, ModelConfig.GROUP_NORM_EPS, null);
    try (Model model = Model.open(model(), options.withLora(adapter), LoadProgress.NONE)) {
      return model.modelFingerprint();
    }
  }

  @Test
  void theOptionNamesAFileAndPerhapsAnAlpha() throws IOException {
    assertThat(Adapter.parse("a/b.pth")).isEqualTo(new Adapter(Path.of("a/b.pth"), null));
    assertThat(Adapter.parse("a/b.pth:32")).isEqualTo(new Adapter(Path.of("a/b.pth"), 32f));
    Path odd = Files.writeString(folder.resolve("x:4"), "");
    assertThat(Adapter.parse(odd.toString())).isEqualTo(new Adapter(odd, null));
    for (String wrong : new String[] {"b.pth:", "b.pth:x", "b.pth:0", "b.pth:-1", "b.pth:NaN"}) {
      assertThatThrownBy(() -> Adapter.parse(wrong)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
