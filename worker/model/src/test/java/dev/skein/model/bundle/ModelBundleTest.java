package dev.skein.model.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.TestFolders;
import dev.skein.model.sampling.SamplingParameters;
import dev.skein.model.text.ChatMessage;
import dev.skein.model.text.ChatTemplate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelBundleTest {
  @TempDir Path folder;

  @Test
  void findsEverythingOfTheDemoModel() throws IOException {
    Path demo = TestFolders.demoModel();
    for (Path path : List.of(demo, demo.resolve("model.safetensors"))) {
      ModelBundle bundle = ModelBundle.find(path);
      assertThat(bundle.weights()).isEqualTo(demo.resolve("model.safetensors"));
      assertThat(bundle.vocabularies()).containsExactly(demo.resolve("skein_demo_vocab.txt"));
      assertThat(bundle.name()).isEqualTo("skein-demo-9m");
      assertThat(bundle.contextTrained()).isEqualTo(512);
      assertThat(bundle.path()).isEqualTo(path);
      ModelDescription description = bundle.description();
      assertThat(description.sampling())
          .isEqualTo(SamplingParameters.PLAIN.withTemperature(0.8f).withTopP(0.5f));
      ChatTemplate template = Objects.requireNonNull(description.template());
      assertThat(template.stop()).containsExactly("\n\nUser:", "\n\n");
      assertThat(template.first(List.of(new ChatMessage("user", "Hi"))))
          .isEqualTo("User: Hi\n\nAssistant:");
      assertThat(description.dimensions())
          .isEqualTo(
              Map.of(
                  "n_layer",
                  8,
                  "n_embd",
                  256,
                  "dim_ffn",
                  1024,
                  "head_size",
                  64,
                  "n_head",
                  4,
                  "vocab_size",
                  4096));
      assertThat(description.groupNormEps()).isEqualTo(64e-5f);
    }
  }

  @Test
  void aFileHasItsVocabularyBesideIt() throws IOException {
    Path weights = touch("RWKV-x070-World-0.1B-v2.8-20241210-ctx4096.pth");
    assertThat(ModelBundle.find(weights).vocabularies()).isEmpty();
    Path own = touch("my_vocab.txt");
    assertThat(ModelBundle.find(weights).vocabularies()).containsExactly(own);
    touch("other-vocab.txt");
    assertThat(ModelBundle.find(weights).vocabularies()).isEmpty();
    Path world = touch("rwkv_vocab_v20230424.txt");
    ModelBundle bundle = ModelBundle.find(weights);
    assertThat(bundle.vocabularies()).containsExactly(world);
    Path neox = touch("20B_tokenizer.json");
    touch("tokenizer_config.json");
    assertThat(ModelBundle.find(weights).vocabularies()).containsExactly(world, neox);
    assertThat(bundle.name()).isEqualTo("RWKV-x070-World-0.1B-v2.8-20241210-ctx4096");
    assertThat(bundle.contextTrained()).isEqualTo(4096);
    assertThat(bundle.description().sampling()).isEqualTo(SamplingParameters.RWKV);
  }

  @Test
  void aFolderMustHoldOneModel() throws IOException {
    assertThatThrownBy(() -> ModelBundle.find(folder))
        .hasMessageContaining("no model in this folder");
    Path one = touch("a.pth");
    assertThat(ModelBundle.find(folder).weights()).isEqualTo(one);
    touch("b.safetensors");
    assertThatThrownBy(() -> ModelBundle.find(folder)).hasMessageContaining("several models");
    Path index = touch("pytorch_model.bin.index.json");
    assertThat(ModelBundle.find(folder).weights()).isEqualTo(index);
    Path standard = touch("model.safetensors");
    assertThat(ModelBundle.find(folder).weights()).isEqualTo(standard);
    assertThat(ModelBundle.find(folder).name()).isEqualTo(folder.getFileName().toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{|not valid JSON",
        "{\"name\": \"a\", \"name\": \"b\"}|Duplicate field",
        "[]|no JSON object",
        "{\"name\": 5}|the field name is no text",
        "{\"files\": {\"safetensors\": \"../x.safetensors\"}}|plain name",
        "{\"files\": {\"safetensors\": \"/etc/passwd\"}}|plain name",
        "{\"files\": {\"safetensors\": \"gone.safetensors\"}}|gone.safetensors, which is not there",
        "{\"tokenizer\": {\"vocab\": \"..\"}}|plain name",
        "{\"tokenizer\": {\"vocab\": \"gone.txt\"}}|gone.txt, which is not there",
        "{\"tokenizer\": {\"eos_token_id\": -1}}|eos_token_id",
        "{\"n_layer\": 1e99}|n_layer",
        "{\"sampling\": {\"temperature\": \"hot\"}}|temperature",
        "{\"sampling\": {\"temperature\": 99}}|temperature must be from 0 to 10",
        "{\"sampling\": \"wild\"}|conservative, creative, default, mechanical",
        "{\"sampling\": 5}|sampling is no object and no name",
        "{\"chat_template\": \"{{ jinja }}\"}|chat_template names no layout that is known",
        "{\"chat_template\": 5}|chat_template is no object",
        "{\"chat_template\": {\"user\": \"U:\"}}|lacks {content}",
        "{\"chat_template\": {\"stop\": [1]}}|chat_template.stop",
      })
  void refusesConfigurationsWithOneSentence(String config, String fault) throws IOException {
    touch("model.safetensors");
    Files.writeString(folder.resolve("config.json"), config);
    assertThatThrownBy(() -> ModelBundle.find(folder))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith(folder.toString())
        .hasMessageContaining(fault)
        .hasMessageContaining("; ");
  }

  @Test
  void aWayOfDrawingMayBeNamed() throws IOException {
    touch("model.safetensors");
    Path config = folder.resolve("config.json");
    Files.writeString(config, "{\"sampling\": \"creative\"}");
    SamplingParameters creative = ModelBundle.find(folder).description().sampling();
    assertThat(creative.temperature()).isEqualTo(0.6f);
    assertThat(creative.topP()).isEqualTo(0.8f);
    assertThat(creative.presencePenalty()).isEqualTo(2);
    Files.writeString(config, "{\"sampling\": \"mechanical\"}");
    assertThat(ModelBundle.find(folder).description().sampling().greedy()).isTrue();
    Files.writeString(config, "{\"sampling\": \"default\"}");
    assertThat(ModelBundle.find(folder).description().sampling())
        .isEqualTo(SamplingParameters.RWKV);
  }

  private Path touch(String name) throws IOException {
    return Files.write(folder.resolve(name), new byte[0]);
  }
}
