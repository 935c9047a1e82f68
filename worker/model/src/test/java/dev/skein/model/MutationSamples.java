package dev.skein.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.TestFolders;
import dev.skein.model.file.ggml.BinFileBuilder;
import dev.skein.model.file.ggml.GgufFileBuilder;
import dev.skein.model.file.torch.TorchFileBuilder;
import dev.skein.model.packed.Conversion;
import dev.skein.model.text.bpe.TinyBpe;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/** Small sound files of every kind that Skein reads, made in a folder. */
record MutationSamples(Path folder) {
  static final ModelConfig STATE =
      new ModelConfig(Architecture.V6, 2, 16, 8, 2, 32, 32, ModelConfig.GROUP_NORM_EPS);

  /** A sound file of weights. */
  Path file(String name) throws IOException {
    Path file = folder.resolve(name);
    return switch (name) {
      case "packed.gguf" -> packedGguf().write(file);
      case "packed.bin" -> packedBin().write(file);
      case "legacy.pth" -> legacy(file);
      case "converted.skein" -> converted(file);
      default -> TestFolders.resources("hostile").resolve(name);
    };
  }

  private static GgufFileBuilder packedGguf() {
    GgufFileBuilder out =
        new GgufFileBuilder()
            .text("general.architecture", "rwkv6")
            .whole("rwkv6.rescale_every_n_layers", 1)
            .whole("rwkv6.block_count", 2)
            .texts("tokenizer.ggml.tokens", "<s>", "\\x00", "\\n", "a")
            .wholes("tokenizer.ggml.token_type", 3, 1, 1, 1)
            .text("tokenizer.ggml.model", "rwkv")
            .tensor("token_embd.weight", 12, new byte[8 * 144], 8, 256)
            .tensor("output.weight", 14, new byte[8 * 210], 8, 256);
    for (int i = 0; i < 2; i++) {
      String block = "blk." + i + ".";
      out.floats(block + "attn_norm.weight", new float[64], 64)
          .tensor(block + "time_mix_output.weight", 13, new byte[2 * 176], 2, 256)
          .tensor(block + "time_mix_w1.weight", 8, new byte[8 * 34], 8, 32)
          .tensor(block + "time_mix_w2.weight", 2, new byte[10 * 18], 5, 2, 32)
          .tensor(block + "channel_mix_value.weight", 7, new byte[4 * 24], 2, 64)
          .floats(block + "time_mix_lerp_fused.weight", new float[5 * 16], 5, 1, 1, 16);
    }
    return out;
  }

  private static BinFileBuilder packedBin() {
    BinFileBuilder out =
        new BinFileBuilder(101, 8, 32, 2, 8)
            .tensor("emb.weight", 1, new byte[2 * 8 * 32], 8, 32)
            .floats("blocks.0.att.time_maa_x", new float[32], 32);
    for (int i = 0; i < 2; i++) {
      String block = "blocks." + i + ".";
      out.floats(block + "ln1.weight", new float[32], 32)
          .tensor(block + "att.time_maa_w1", 8, new byte[10 * 24], 10, 32)
          .tensor(block + "att.key.weight", 2, new byte[32 * 18], 32, 32)
          .floats(block + "att.time_maa_w2", new float[5 * 32 * 2], 5, 32, 2)
          .floats(block + "att.time_faaaa", new float[32], 4, 8, 1);
    }
    return out;
  }

  private static Path legacy(Path file) throws IOException {
    SequencedMap<String, float[]> storages = new LinkedHashMap<>();
    storages.put("71", new float[64]);
    storages.put("72", new float[128]);
    return new TorchFileBuilder()
        .tensor("a", "FloatStorage", "71", 64, 0, 8, 8, 8, 1)
        .tensor("b", "FloatStorage", "72", 128, 16, 4, 4, 1, 4)
        .tensor("c", "FloatStorage", "72", 128, 0, 128, 1)
        .writeLegacy(file, storages);
  }

  private static Path converted(Path file) throws IOException {
    Path model = TestFolders.resources("hostile").resolve("ok-v7.gguf");
    try (ModelSource source = ModelSource.open(model, Model.Options.defaults());
        WorkerPool workers = new WorkerPool(1)) {
      new Conversion(source, Quantization.INT8).write(file, workers, LoadProgress.NONE);
    }
    return file;
  }

  /** A sound vocabulary. */
  Path vocabulary(String name) throws IOException {
    Path file = folder.resolve(name);
    if (name.equals("tokenizer.json")) {
      return TinyBpe.write(file, 264);
    }
    boolean numbered = name.startsWith("rwkv_vocab");
    StringBuilder lines = new StringBuilder(numbered ? "" : "b'<s>'\n");
    for (int id = 1; id <= 900; id++) {
      String literal = id > 256 ? "'wörd%03d'".formatted(id) : "b'\\x%02x'".formatted(id - 1);
      int length = id > 256 ? 8 : 1;
      lines.append(numbered ? "%d %s %d\n".formatted(id, literal, length) : literal + "\n");
    }
    return Files.writeString(file, lines.toString());
  }

  /** A sound state of a model of {@link #STATE}: state-tuned, or as Skein writes one. */
  Path state(String name) throws IOException {
    Path file = folder.resolve(name);
    SequencedMap<String, float[]> storages = new LinkedHashMap<>();
    if (name.endsWith(".pth")) {
      TorchFileBuilder torch = new TorchFileBuilder();
      for (int layer = 0; layer < STATE.layers(); layer++) {
        String tensor = "blocks." + layer + ".att.time_state";
        torch.tensor(tensor, "FloatStorage", "" + layer, 128, 0, 2, 8, 8, 64, 8, 1);
        storages.put("" + layer, new float[128]);
      }
      return torch.writeLegacy(file, storages);
    }
    StringBuilder header = new StringBuilder("{");
    int at = 0;
    for (StateLayout.Part part : StateLayout.of(STATE).parts()) {
      int end = at + 4 * part.floats();
      header
          .append(at == 0 ? "" : ",")
          .append("\"%s\":{\"dtype\":\"F32\",".formatted(part.name()))
          .append("\"shape\":%s,\"data_offsets\":[%d,%d]}".formatted(part.shape(), at, end));
      at = end;
    }
    return Files.write(file, safetensors(header + "}", at));
  }

  private static byte[] safetensors(String header, int data) {
    byte[] text = header.getBytes(StandardCharsets.US_ASCII);
    byte[] file = Arrays.copyOf(new byte[0], 8 + text.length + data);
    file[0] = (byte) text.length;
    file[1] = (byte) (text.length >> 8);
    System.arraycopy(text, 0, file, 8, text.length);
    return file;
  }

  /** A folder of a model with a configuration of ours. */
  Path ownFolder() throws IOException {
    Path from = TestFolders.resources("hostile").resolve("hf-ok");
    Path model = Files.createDirectory(folder.resolve("own"));
    Files.copy(from.resolve("model.safetensors"), model.resolve("weights.safetensors"));
    ObjectMapper json = new ObjectMapper();
    Path demo = TestFolders.demoModel().resolve("config.json");
    ObjectNode config = (ObjectNode) json.readTree(demo.toFile());
    config.retain("name", "group_norm_eps", "chat_template", "sampling", "training");
    config.putObject("files").put("safetensors", "weights.safetensors");
    config.put("n_layer", 1).put("vocab_size", 24);
    Files.writeString(model.resolve("config.json"), json.writeValueAsString(config));
    return model;
  }

  /** A folder with a configuration, an index of one shard, and an adapter. */
  Path modelFolder() throws IOException {
    Path from = TestFolders.resources("hostile").resolve("hf-ok");
    Path model = Files.createDirectory(folder.resolve("model"));
    Files.copy(from.resolve("config.json"), model.resolve("config.json"));
    Files.copy(
        from.resolve("model.safetensors"), model.resolve("model-00001-of-00001.safetensors"));
    StringBuilder map = new StringBuilder();
    try (ModelFile file = ModelFile.open(from.resolve("model.safetensors"))) {
      for (String name : file.names()) {
        map.append(map.isEmpty() ? "" : ", ")
            .append("\"" + name + "\": \"model-00001-of-00001.safetensors\"");
      }
    }
    Files.writeString(
        model.resolve("model.safetensors.index.json"), "{\"weight_map\": {" + map + "}}");
    String factor = "{\"dtype\": \"F32\", \"shape\": %s, \"data_offsets\": [%d, %d]}";
    String header =
        "{\"base_model.model.rwkv.blocks.0.attention.key.lora_A.weight\": "
            + factor.formatted("[1, 16]", 0, 64)
            + ", \"base_model.model.rwkv.blocks.0.attention.key.lora_B.weight\": "
            + factor.formatted("[16, 1]", 64, 128)
            + "}";
    Files.write(model.resolve("adapter_model.safetensors"), safetensors(header, 128));
    Files.writeString(
        model.resolve("adapter_config.json"),
        "{\"peft_type\": \"LORA\", \"r\": 1, \"lora_alpha\": 2, \"use_rslora\": false,"
            + " \"alpha_pattern\": {}}");
    return model;
  }
}
