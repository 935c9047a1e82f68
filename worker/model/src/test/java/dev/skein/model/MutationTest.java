package dev.skein.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.skein.model.adapter.Adapter;
import dev.skein.model.dialect.ModelFiles;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Refusals;
import dev.skein.model.file.Tensor;
import dev.skein.model.file.TestFolders;
import dev.skein.model.file.ggml.BinFileBuilder;
import dev.skein.model.file.ggml.GgufFileBuilder;
import dev.skein.model.file.torch.TorchFileBuilder;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever happens to a file's bytes, it is read in full or refused with a sentence, in bounded
 * memory; nothing else escapes. The system property {@code skein.mutations} says how often
 * altogether.
 */
class MutationTest {
  private static final int KINDS = 10;
  private static final int MUTATIONS = Integer.getInteger("skein.mutations", 2_000) / KINDS;
  private static final long HEAP_GROWTH_MAX = 64L << 20;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ok-v4.safetensors",
        "ok-v4.pth",
        "ok-v7.gguf",
        "ok-v4.bin",
        "packed.gguf",
        "packed.bin",
        "legacy.pth"
      })
  void everyMutationOfAFileIsReadOrRefused(String name) throws IOException {
    byte[] sound = Files.readAllBytes(original(name));
    int refused = 0;
    for (int seed = 0; seed < MUTATIONS; seed++) {
      Path file = folder.resolve("m" + seed);
      Files.write(file, new Mutation(new SplittableRandom(seed)).of(sound));
      refused += reads(name, seed, file, () -> readAll(file)) ? 0 : 1;
      Files.delete(file);
    }
    assertThat(refused).isBetween(MUTATIONS / 4, MUTATIONS - 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"config.json", "model.safetensors.index.json", "adapter_config.json"})
  void everyMutationOfAConfigurationIsReadOrRefused(String name) throws IOException {
    Path model = sampleFolder();
    byte[] sound = Files.readAllBytes(model.resolve(name));
    int refused = 0;
    for (int seed = 0; seed < MUTATIONS; seed++) {
      Files.write(model.resolve(name), new Mutation(new SplittableRandom(seed)).of(sound));
      refused += reads(name, seed, model, () -> open(model)) ? 0 : 1;
    }
    assertThat(refused).isBetween(MUTATIONS / 4, MUTATIONS - 1);
  }

  private interface Reading {
    void run() throws IOException;
  }

  /** Whether it was read; anything but that and a clean refusal fails the test. */
  private static boolean reads(String what, int seed, Path path, Reading reading) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    boolean read = true;
    try {
      reading.run();
    } catch (ModelFormatException e) {
      Refusals.assertClean(path, e);
      read = false;
    } catch (Exception | StackOverflowError | OutOfMemoryError e) {
      throw new AssertionError("seed " + seed + " of " + what, e);
    }
    assertThat(THREADS.getCurrentThreadAllocatedBytes() - before)
        .as("allocated by seed %d of %s", seed, what)
        .isLessThan(HEAP_GROWTH_MAX);
    return read;
  }

  private static void readAll(Path path) throws IOException {
    try (ModelFile file = ModelFiles.open(path)) {
      long limit = 2 * Files.size(path);
      for (String name : file.names()) {
        Tensor tensor = file.require(name);
        assertThat(tensor.elements()).isLessThanOrEqualTo(limit);
        tensor.read(new float[(int) tensor.elements()]);
      }
      file.vocabulary();
    }
  }

  /** As a user does, with an adapter. */
  private static void open(Path model) throws IOException {
    HostileRun.of(model, new Adapter(model, null));
  }

  private Path original(String name) throws IOException {
    Path file = folder.resolve(name);
    return switch (name) {
      case "packed.gguf" -> packedGguf().write(file);
      case "packed.bin" -> packedBin().write(file);
      case "legacy.pth" -> legacy(file);
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

  /** A folder with a configuration, an index of one shard, and an adapter. */
  private Path sampleFolder() throws IOException {
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
    byte[] adapter = new byte[8 + header.length() + 128];
    adapter[0] = (byte) header.length();
    adapter[1] = (byte) (header.length() >> 8);
    byte[] text = header.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(text, 0, adapter, 8, text.length);
    Files.write(model.resolve("adapter_model.safetensors"), adapter);
    Files.writeString(
        model.resolve("adapter_config.json"),
        "{\"peft_type\": \"LORA\", \"r\": 1, \"lora_alpha\": 2, \"use_rslora\": false,"
            + " \"alpha_pattern\": {}}");
    return model;
  }
}
