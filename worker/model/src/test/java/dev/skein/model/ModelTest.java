package dev.skein.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.TestFolders;
import dev.skein.model.sampling.Sampler;
import dev.skein.model.sampling.SamplingParameters;
import dev.skein.model.text.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  private static Model.Options options(Quantization quantization) {
    return new Model.Options(quantization, "auto", 1, null, ModelConfig.GROUP_NORM_EPS, null);
  }

  private static Model open(Path path) throws IOException {
    return Model.open(path, options(Quantization.FP32), LoadProgress.NONE);
  }

  @Test
  void theDemoModelSaysItsGoldenWords() throws IOException {
    JsonNode golden = JSON.readTree(TestFolders.demoModel().resolve("golden.json").toFile());
    try (Model model = open(TestFolders.demoModel())) {
      int seen = 0;
      for (JsonNode example : golden.get("cases")) {
        int[] prompt = model.tokenizer().encode(example.get("prompt").asText());
        assertThat(prompt).isEqualTo(ids(example.get("prompt_tokens")));
        int[] drawn = greedy(model, prompt, example.get("greedy_tokens").size());
        assertThat(drawn).isEqualTo(ids(example.get("greedy_tokens")));
        assertThat(new String(model.tokenizer().decode(drawn), StandardCharsets.UTF_8))
            .isEqualTo(example.get("greedy_text").asText());
        seen++;
      }
      assertThat(seen).isEqualTo(3);
    }
  }

  private static int[] greedy(Model model, int[] prompt, int count) {
    Rwkv rwkv = model.rwkv();
    Sampler sampler =
        new Sampler(SamplingParameters.GREEDY, model.tokenizerOrNull(), rwkv.config().vocabulary());
    int[] drawn = new int[count];
    try (StateSlab slab = new StateSlab(rwkv.stateLayout(), 1);
        Workspace workspace = rwkv.newWorkspace(64, 1)) {
      int[] next = prompt;
      for (int i = 0; i < count; i++) {
        Batch batch = new Batch();
        int row = batch.add(0, next, 0, next.length, true);
        rwkv.forward(batch, slab, workspace);
        drawn[i] = sampler.draw(workspace.logits(row), 0);
        next = new int[] {drawn[i]};
      }
    }
    return drawn;
  }

  @Test
  void knowsItselfByTwoFingerprints() throws IOException {
    try (Model exact = open(TestFolders.demoModel());
        Model small =
            Model.open(
                TestFolders.demoModel().resolve("model.safetensors"),
                options(Quantization.INT8),
                LoadProgress.NONE)) {
      assertThat(exact.modelFingerprint()).hasSize(64).isEqualTo(small.modelFingerprint());
      assertThat(exact.arithmeticFingerprint()).isEqualTo("fp32-2");
      assertThat(small.arithmeticFingerprint()).isEqualTo("int8-2");
      assertThat(exact.name()).isEqualTo("skein-demo-9m");
      assertThat(exact.endOfText()).isZero();
      assertThat(exact.contextTrained()).isEqualTo(512);
      assertThat(exact.defaults().topP()).isEqualTo(0.5f);
      assertThat(exact.template().stop()).contains("\n\nUser:");
    }
  }

  @Test
  void withoutAVocabularyOnlyIdsCanBeUsed() throws IOException {
    Path weights = folder.resolve("alone.safetensors");
    Files.copy(TestFolders.demoModel().resolve("model.safetensors"), weights);
    try (Model model = open(weights);
        Model demo = open(TestFolders.demoModel())) {
      assertThat(model.tokenizerOrNull()).isNull();
      assertThatThrownBy(model::tokenizer)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("alone.safetensors")
          .hasMessageContaining("--tokenizer FILE");
      assertThat(model.modelFingerprint()).isNotEqualTo(demo.modelFingerprint());
      assertThat(model.name()).isEqualTo("alone");
      assertThat(model.defaults()).isEqualTo(SamplingParameters.RWKV);
    }
    assertThatThrownBy(() -> Model.openTokenizer(weights, List.of()))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("no vocabulary");
    assertThat(Model.openTokenizer(TestFolders.demoModel(), List.of()).vocabularySize())
        .isEqualTo(4096);
  }

  @Test
  void refusesAVocabularyThatIsTooLargeForTheModel() throws IOException {
    Path vocabulary = folder.resolve("vocab.txt");
    String lines = Files.readString(TestFolders.demoModel().resolve("skein_demo_vocab.txt"));
    Files.writeString(vocabulary, lines + "4096 'an extra word' 13\n");
    assertThat(Tokenizer.open(vocabulary).vocabularySize()).isEqualTo(4097);
    Model.Options options =
        new Model.Options(
            Quantization.FP32, "scalar", 1, vocabulary, ModelConfig.GROUP_NORM_EPS, null);
    assertThatThrownBy(() -> Model.open(TestFolders.demoModel(), options, LoadProgress.NONE))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("ids up to 4096")
        .hasMessageContaining("4096 tokens");
  }

  @Test
  void refusesAConfigurationOfAnotherModel() throws IOException {
    for (String name : List.of("model.safetensors", "skein_demo_vocab.txt", "config.json")) {
      Files.copy(TestFolders.demoModel().resolve(name), folder.resolve(name));
    }
    Path config = folder.resolve("config.json");
    Files.writeString(config, Files.readString(config).replace("\"n_layer\": 8", "\"n_layer\": 9"));
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("n_layer = 9, but the weights have 8");
  }

  /** Through the whole way: what the file reader lets pass, the weight map must refuse by name. */
  @Test
  void everyHostileFileIsRefusedOrRunsToAClearEnd() throws IOException {
    Path hostile = TestFolders.shared("hostile");
    List<String> opened = new ArrayList<>();
    for (JsonNode entry : JSON.readTree(hostile.resolve("manifest.json").toFile())) {
      String name = entry.get("file").asText();
      for (Quantization quantization : Quantization.values()) {
        try (Model model =
            Model.open(hostile.resolve(name), options(quantization), LoadProgress.NONE)) {
          opened.add(name);
          runs(model);
        } catch (ModelFormatException e) {
          assertThat(e.getMessage()).contains(name).contains("; ").doesNotContain("\n");
        }
      }
      if (entry.get("expect").asText().equals("reject")) {
        assertThat(opened).doesNotContain(name);
      }
    }
  }

  private static void runs(Model model) {
    try {
      greedy(model, new int[] {1, 2, 3, 0}, 8);
    } catch (ArithmeticException e) {
      assertThat(e).hasMessageContaining("no finite number");
    }
  }

  private static int[] ids(JsonNode list) {
    int[] ids = new int[list.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = list.get(i).asInt();
    }
    return ids;
  }
}
