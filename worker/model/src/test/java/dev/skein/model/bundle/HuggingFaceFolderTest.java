package dev.skein.model.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.model.Architecture;
import dev.skein.model.LoadProgress;
import dev.skein.model.Model;
import dev.skein.model.ModelConfig;
import dev.skein.model.Quantization;
import dev.skein.model.dialect.HuggingFaceExport;
import dev.skein.model.dialect.HuggingFaceExport.Mix;
import dev.skein.model.dialect.ModelFiles;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import dev.skein.model.file.TestFolders;
import dev.skein.model.file.torch.WeightFiles;
import dev.skein.model.random.RandomWeights;
import dev.skein.model.text.ChatTemplate;
import dev.skein.model.text.bpe.TinyBpe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HuggingFaceFolderTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final RandomWeights.Shape SHAPE =
      new RandomWeights.Shape(2, 32, 16, 48, 40, 8, 9, 10, 11);
  private static final String CONFIG =
      """
      {"architectures": ["RWKV7ForCausalLM"], "model_type": "rwkv7", "attn": null,
       "auto_map": {"AutoModelForCausalLM": "evil--repo.Model"}, "attn_mode": "chunk",
       "hidden_size": 32, "hidden_ratio": 1.5, "intermediate_size": 48, "num_hidden_layers": 2,
       "head_dim": 16, "num_heads": null, "decay_low_rank_dim": 8, "a_low_rank_dim": 9,
       "v_low_rank_dim": 10, "gate_low_rank_dim": 11, "hidden_act": "sqrelu", "norm_first": true,
       "norm_bias": true, "norm_eps": 1e-05, "value_dim": [32, 32], "vocab_size": 40,
       "tie_word_embeddings": false, "bos_token_id": 1, "eos_token_id": 2}
      """;

  @TempDir Path folder;
  private final List<Tensor> original = new ArrayList<>();
  private List<Tensor> exported = List.of();

  @BeforeEach
  void export() throws IOException {
    ModelFile random = RandomWeights.of(SHAPE, 5);
    for (String name : random.names()) {
      original.add(random.require(name));
    }
    exported = HuggingFaceExport.fla(original, Mix.ROWS);
    Files.writeString(folder.resolve("config.json"), CONFIG);
  }

  private static Model open(Path path) throws IOException {
    return Model.open(
        path,
        new Model.Options(Quantization.FP32, "scalar", 1, null, ModelConfig.GROUP_NORM_EPS, null),
        LoadProgress.NONE);
  }

  private static String fingerprint(Path path) throws IOException {
    try (Model model = open(path)) {
      return model.modelFingerprint();
    }
  }

  private void index(String name, List<Path> shards) throws IOException {
    ObjectNode map = JSON.createObjectNode();
    for (Path shard : shards) {
      try (ModelFile file = ModelFile.open(shard)) {
        file.names().forEach(tensor -> map.put(tensor, shard.getFileName().toString()));
      }
    }
    Files.writeString(
        folder.resolve(name),
        JSON.createObjectNode().<ObjectNode>set("weight_map", map).toString());
  }

  /** Names, values, types and shapes: all that the fingerprint counts is as in the original. */
  @Test
  void oneFileOrSeveralAreTheSameModel() throws IOException {
    String expected =
        fingerprint(WeightFiles.safetensors(Files.createTempFile(folder, "x", ".st"), original));
    Path single = WeightFiles.safetensors(folder.resolve("model.safetensors"), exported);
    assertThat(fingerprint(folder)).isEqualTo(expected);
    assertThat(fingerprint(single)).isEqualTo(expected);
    Files.delete(single);
    int half = exported.size() / 2;
    Path first = folder.resolve("model-00001-of-00002.safetensors");
    Path second = folder.resolve("model-00002-of-00002.safetensors");
    WeightFiles.safetensors(first, exported.subList(0, half));
    WeightFiles.safetensors(second, exported.subList(half, exported.size()));
    index("model.safetensors.index.json", List.of(first, second));
    assertThat(fingerprint(folder)).isEqualTo(expected);
    ModelBundle bundle = ModelBundle.find(folder);
    assertThat(bundle.files()).containsExactly(first, second);
    assertThat(fingerprint(bundle.weights())).isEqualTo(expected);
  }

  /** With a configuration as published for that version, which says more than is read. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "V4|{\"model_type\": \"rwkv\", \"attention_hidden_size\": null}|1024",
        "V5_2|{\"model_type\": \"rwkv5\", \"head_size\": 16, \"num_attention_heads\": 64}|0",
        "V6|{\"model_type\": \"rwkv6\", \"head_size\": 16, \"head_size_divisor\": 8}|0",
      })
  void olderVersionsHaveFoldersToo(Architecture version, String special, int context)
      throws IOException {
    RandomWeights weights =
        RandomWeights.of(
            new RandomWeights.Shape(
                version, 2, 32, 16, 48, 300, new RandomWeights.Ranks(8, 0, 0, 0, 4)),
            5);
    original.clear();
    for (String name : weights.names()) {
      original.add(weights.require(name));
    }
    ObjectNode config = (ObjectNode) JSON.readTree(special);
    config.putArray("architectures").add("Rwkv");
    config.put("hidden_size", 32).put("num_hidden_layers", 2).put("vocab_size", 300);
    config.putNull("intermediate_size").put("rescale_every", 6).put("layer_norm_epsilon", 1e-5);
    config.put("context_length", 1024).put("tie_word_embeddings", false);
    Files.writeString(folder.resolve("config.json"), config.toString());
    WeightFiles.safetensors(
        folder.resolve("model.safetensors"), HuggingFaceExport.transformers(original));
    Path plain = Files.createDirectory(folder.resolve("plain")).resolve("x.st");
    String expected = fingerprint(WeightFiles.safetensors(plain, original));
    try (Model model = open(folder)) {
      assertThat(model.modelFingerprint()).isEqualTo(expected);
      assertThat(model.rwkv().config().architecture()).isEqualTo(version);
      assertThat(model.contextTrained()).isEqualTo(context);
      assertThat(model.template()).isSameAs(ChatTemplate.world());
      assertThat(model.endOfText()).isZero();
    }
    TinyBpe.write(folder.resolve("tokenizer.json"), 300);
    try (Model model = open(folder)) {
      assertThat(model.tokenizer().name()).isEqualTo("gpt-neox");
      assertThat(model.template()).isSameAs(ChatTemplate.raven());
      assertThat(model.modelFingerprint()).isNotEqualTo(expected); // it counts the vocabulary
    }
  }

  @Test
  void anotherDivisorOfTheHeadsIsAnotherEpsilon() throws IOException {
    String config =
        """
        {"hidden_size": 32, "model_type": "rwkv5", "head_size_divisor": 4}
        """;
    Path file = Files.writeString(folder.resolve("config.json"), config);
    assertThat(ModelDescription.read(file).groupNormEps()).isEqualTo(16e-5f);
    Files.writeString(file, config.replace("4}", "8}"));
    assertThat(ModelDescription.read(file).groupNormEps()).isZero(); // not told: the usual one
    Files.writeString(file, config.replace("rwkv5", "rwkv7_fla"));
    assertThat(ModelDescription.read(file).groupNormEps()).isZero();
    assertThat(ModelDescription.read(file).version()).isEqualTo("7");
  }

  /** A .bin is a torch zip here, told by its content; the fp32 in it is another type. */
  @Test
  void torchFilesAreReadByContent() throws IOException {
    Path plain = WeightFiles.torch(Files.createTempFile(folder, "x", ".st"), original);
    String expected = fingerprint(plain);
    Path single = WeightFiles.torch(folder.resolve("pytorch_model.bin"), exported);
    assertThat(fingerprint(folder)).isEqualTo(expected);
    Files.delete(single);
    Path first = folder.resolve("pytorch_model-00001-of-00002.bin");
    Path second = folder.resolve("pytorch_model-00002-of-00002.bin");
    WeightFiles.torch(first, exported.subList(0, 7));
    WeightFiles.torch(second, exported.subList(7, exported.size()));
    index("pytorch_model.bin.index.json", List.of(first, second));
    assertThat(fingerprint(folder)).isEqualTo(expected);
  }

  @Test
  void aFileWithoutItsFolderIsReadByItsNames() throws IOException {
    Path inside = Files.createDirectory(folder.resolve("elsewhere"));
    Path elsewhere = inside.resolve("weights");
    WeightFiles.safetensors(elsewhere, exported);
    try (Model model = open(inside)) {
      assertThat(model.name()).isEqualTo("weights");
      assertThat(model.rwkv().config().layers()).isEqualTo(2);
    }
    Files.writeString(elsewhere.resolveSibling("notes"), "{\"no\": \"index\"}");
    Files.copy(elsewhere, elsewhere.resolveSibling("other"));
    assertThatThrownBy(() -> open(inside))
        .hasMessageContaining("several models in this folder (other, weights)");
    assertThatThrownBy(() -> open(elsewhere.resolveSibling("notes")))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("no index of a model's files");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "model_type|\"llama\"|model_type is 'llama'",
        "model_type|\"rwkv6\"|of an RWKV-6 model, but the weights are RWKV-7",
        "num_hidden_layers|3|num_hidden_layers = 3, but the weights have 2",
        "hidden_size|64|the field value_dim",
        "attention_hidden_size|16|attention_hidden_size = 16, but the weights have 32",
        "intermediate_size|49|intermediate_size = 49, but the weights have 48",
        "head_dim|64|head_dim = 64, but the weights have 16",
        "num_heads|3|num_heads = 3, but the weights have 2",
        "vocab_size|2147483647|vocab_size = 2147483647, but the weights have 40",
        "decay_low_rank_dim|64|decay_low_rank_dim = 64, but the weights have blocks.0.att.w1",
        "v_low_rank_dim|64|v_low_rank_dim = 64, but the weights have blocks.1.att.v1",
        "gate_low_rank_dim|8|gate_low_rank_dim = 8, but the weights have blocks.0.att.g1",
        "attn|{\"layers\": [1]}|the field attn is set",
        "norm_first|false|the field norm_first is false",
        "norm_bias|false|the field norm_bias is false",
        "hidden_act|\"relu\"|the field hidden_act is not sqrelu",
        "norm_eps|1e-6|the field norm_eps is not 1e-5",
        "value_dim|[32, 64]|the field value_dim",
        "tie_word_embeddings|true|the field tie_word_embeddings is true",
        "quantization_config|{}|the field quantization_config",
        "num_hidden_layers|-2|num_hidden_layers is no whole number",
      })
  void refusesWhatContradictsTheWeights(String field, String value, String fault)
      throws IOException {
    WeightFiles.safetensors(folder.resolve("model.safetensors"), exported);
    ObjectNode config = (ObjectNode) JSON.readTree(CONFIG);
    config.set(field, JSON.readTree(value));
    Files.writeString(folder.resolve("config.json"), config.toString());
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith(folder.toString())
        .hasMessageContaining(fault)
        .hasMessageContaining("; ")
        .hasMessageNotContaining("\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "lm_head.weight|gone.safetensors|names gone.safetensors, which is not there",
        "lm_head.weight|../model.bin|no plain file of its own folder",
        "lm_head.weight|/etc/hostname|no plain file of its own folder",
        "lm_head.weight|a\\b|no plain file of its own folder",
        "lm_head.weight|..|no plain file of its own folder",
        "none.weight|a.bin|tensor 'none.weight' is not in a.bin",
        "lm_head.weight|b.bin|a.bin holds tensor 'lm_head.weight'",
      })
  void refusesAnIndexThatLies(String tensor, String file, String fault) throws IOException {
    WeightFiles.torch(folder.resolve("a.bin"), exported);
    WeightFiles.torch(folder.resolve("b.bin"), exported.subList(0, 1));
    index("model.safetensors.index.json", List.of(folder.resolve("a.bin")));
    Path index = folder.resolve("model.safetensors.index.json");
    ObjectNode root = (ObjectNode) JSON.readTree(index.toFile());
    ((ObjectNode) root.get("weight_map")).put(tensor, file);
    Files.writeString(index, root.toString());
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(fault)
        .hasMessageContaining("index.json: ")
        .hasMessageNotContaining("\n");
  }

  /** By the manifest of the shared data: what must load opens, what must not is refused. */
  @Test
  void treatsTheHostileFoldersAsTheManifestSays() throws IOException {
    Path hostile = TestFolders.shared("hostile");
    Set<String> seen = new TreeSet<>();
    for (JsonNode entry : JSON.readTree(hostile.resolve("manifest.json").toFile())) {
      String name = entry.get("file").asText();
      if (!name.startsWith("hf-")) {
        continue;
      }
      seen.add(name);
      String expect = entry.get("expect").asText();
      if (expect.equals("load")) {
        ModelBundle bundle = ModelBundle.find(hostile.resolve(name));
        try (ModelFile file = ModelFiles.open(bundle.weights())) {
          assertThat(file.names()).contains("emb.weight", "blocks.0.att.time_mix_k");
        }
      } else if (expect.equals("reject")) {
        assertThatThrownBy(() -> open(hostile.resolve(name)))
            .as(name)
            .isInstanceOf(ModelFormatException.class);
      }
    }
    assertThat(seen).hasSize(8);
  }
}
