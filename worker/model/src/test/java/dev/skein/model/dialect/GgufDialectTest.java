package dev.skein.model.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.model.Architecture;
import dev.skein.model.dialect.Published.Original;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.ggml.GgufFileBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models written as llama.cpp's converter does are read back as they were. */
class GgufDialectTest {
  /** What follows {@code blk.N.} or stands alone, by BlinkDL's name without the layer. */
  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("emb.weight", "token_embd.weight"),
          Map.entry("head.weight", "output.weight"),
          Map.entry("ln_out.weight", "output_norm.weight"),
          Map.entry("ln_out.bias", "output_norm.bias"),
          Map.entry("ln0.weight", "token_embd_norm.weight"),
          Map.entry("ln0.bias", "token_embd_norm.bias"),
          Map.entry("ln1.weight", "attn_norm.weight"),
          Map.entry("ln1.bias", "attn_norm.bias"),
          Map.entry("ln2.weight", "attn_norm_2.weight"),
          Map.entry("ln2.bias", "attn_norm_2.bias"),
          Map.entry("att.ln_x.weight", "time_mix_ln.weight"),
          Map.entry("att.ln_x.bias", "time_mix_ln.bias"),
          Map.entry("att.time_faaaa", "time_mix_first.weight"),
          Map.entry("ffn.key.weight", "channel_mix_key.weight"),
          Map.entry("ffn.value.weight", "channel_mix_value.weight"),
          Map.entry("ffn.receptance.weight", "channel_mix_receptance.weight"),
          Map.entry("ffn.time_maa_k", "channel_mix_lerp_k.weight"),
          Map.entry("ffn.time_maa_r", "channel_mix_lerp_r.weight"),
          Map.entry("ffn.x_k", "channel_mix_lerp_k.weight"));

  @TempDir Path folder;

  private static String name(Original tensor) {
    String known = NAMES.get(tensor.role());
    String own =
        known != null
            ? known
            : tensor
                    .role()
                    .replaceFirst("^att\\.time_maa_([wkvrgx])$", "time_mix_lerp_$1")
                    .replaceFirst("^att\\.(?:time_maa_|time_)?", "time_mix_")
                    .replaceFirst("\\.weight$", "")
                + ".weight";
    boolean whole = own.startsWith("token_") || own.startsWith("output");
    return whole ? own : "blk." + tensor.layer() + "." + own;
  }

  private static Original converted(Original tensor, int rescale) {
    return switch (tensor.role()) {
      case "att.output.weight", "ffn.value.weight" ->
          rescale == 0 ? tensor : tensor.scaled(1f / (1 << (tensor.layer() / rescale)));
      case "att.time_maa_w1", "att.time_maa_w2", "att.time_decay_w1", "att.time_decay_w2" ->
          tensor.transposed();
      case "att.w1", "att.w2", "att.a1", "att.a2", "att.v1", "att.v2", "att.g1", "att.g2" ->
          tensor.transposed();
      case "att.r_k" -> tensor.shaped(tensor.values().length);
      default -> tensor.shape()[0] == 1 ? tensor.shaped(tensor.values().length) : tensor;
    };
  }

  private static GgufFileBuilder convert(ModelFile model, String kind, boolean fused, int rescale)
      throws IOException {
    GgufFileBuilder out = head(kind, rescale);
    String mixes = kind.equals("rwkv6") ? "wkvrg" : "rwkvag";
    String mix = kind.equals("rwkv6") ? "time_maa_" : "x_";
    for (String name : model.names()) {
      Original tensor = converted(Original.of(model, name), rescale);
      boolean mixing = tensor.role().matches("att\\." + mix + "[" + mixes + "]");
      if (!fused || !mixing) {
        out.floats(name(tensor), tensor.values(), tensor.shape());
      } else if (tensor.role().equals("att." + mix + mixes.charAt(0))) {
        out.floats(
            "blk." + tensor.layer() + ".time_mix_lerp_fused.weight",
            Published.stacked(model, "blocks." + tensor.layer() + ".att." + mix, mixes),
            mixes.length(),
            1,
            1,
            32);
      }
      if (name.equals("blocks.0.att.a0")) { // the first layer's dummies
        out.floats("blk.0.time_mix_v0.weight", tensor.values(), tensor.shape());
        out.floats("blk.0.time_mix_v1.weight", tensor.values(), tensor.shape());
        out.floats("blk.0.time_mix_v2.weight", tensor.values(), tensor.shape());
      }
    }
    return out;
  }

  private static GgufFileBuilder head(String kind, int rescale) {
    GgufFileBuilder out =
        new GgufFileBuilder()
            .text("general.architecture", kind)
            .whole(kind + ".block_count", 3)
            .whole(kind + ".embedding_length", 32)
            .whole(kind + ".feed_forward_length", 56)
            .whole(kind + ".wkv.head_size", 8)
            .raw(
                kind + ".attention.layer_norm_epsilon",
                6,
                (byte) 0xac,
                (byte) 0xc5,
                (byte) 0x27,
                (byte) 0x37);
    if (kind.equals("rwkv6")) {
      return out.whole("rwkv6.rescale_every_n_layers", rescale)
          .whole("rwkv6.time_mix_extra_dim", 3)
          .whole("rwkv6.time_decay_extra_dim", 6);
    }
    return out.whole("rwkv7.attention.decay_lora_rank", 6)
        .whole("rwkv7.attention.iclr_lora_rank", 5)
        .whole("rwkv7.attention.value_residual_mix_lora_rank", 4)
        .whole("rwkv7.attention.gate_lora_rank", 7);
  }

  @ParameterizedTest
  @CsvSource({"true,0,13", "true,1,15", "true,2,15", "false,1,15"})
  void sixIsReadBackAndNothingOfTheDialectIsIdle(boolean fused, int rescale, int steps)
      throws IOException {
    ModelFile model = Published.model(Architecture.V6);
    Path path = convert(model, "rwkv6", fused, rescale).write(folder.resolve("m"));
    try (ModelFile file = ModelFile.open(path)) {
      assertThat(DroppedSteps.areMissed(GgufDialect.six(rescale), file, model)).isEqualTo(steps);
    }
    try (ModelFile file = ModelFiles.open(path)) {
      assertThat(TensorMap.difference(file, model)).isNull();
      assertThat(file.dialect()).isEqualTo("GGUF rwkv6");
    }
  }

  @Test
  void sevenIsReadBackAndNothingOfTheDialectIsIdle() throws IOException {
    ModelFile model = Published.model(Architecture.V7);
    Path path = convert(model, "rwkv7", true, 0).write(folder.resolve("m"));
    try (ModelFile file = ModelFile.open(path)) {
      assertThat(DroppedSteps.areMissed(GgufDialect.seven(8), file, model)).isEqualTo(21);
    }
    try (ModelFile file = ModelFiles.open(path)) {
      assertThat(TensorMap.difference(file, model)).isNull();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rwkv7.block_count = 4, but there are 3 layers",
        "rwkv7.embedding_length = 64, but there is tensor 'emb.weight",
        "rwkv7.feed_forward_length = 57, but there is tensor 'blocks.0.ffn.key.weight",
        "rwkv7.wkv.head_size = 7 and rwkv7.embedding_length = 32",
        "rwkv7.attention.decay_lora_rank = 5, but there is tensor 'blocks.0.att.w1",
        "rwkv7.attention.iclr_lora_rank = 4, but there is tensor 'blocks.0.att.a1",
        "rwkv7.attention.value_residual_mix_lora_rank = 3, but there is tensor 'blocks.1.att.v1",
        "rwkv7.attention.gate_lora_rank = 8, but there is tensor 'blocks.0.att.g1",
      })
  void metadataThatContradictTheTensorsAreRefused(String fault) throws IOException {
    Path path = folder.resolve("m");
    convert(Published.model(Architecture.V7), "rwkv7", true, 0).write(path);
    String[] claim = fault.split(" ");
    patch(path, claim[0], Integer.parseInt(claim[2].replace(",", "")));
    refused(path, fault);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "llama|its architecture is 'llama', which is no RWKV-6 or RWKV-7",
        "rwkv6qwen2|a hybrid of RWKV and Qwen",
        "arwkv7|a hybrid of RWKV and Qwen",
      })
  void otherArchitecturesAreRefusedByName(String architecture, String fault) throws IOException {
    Path path = folder.resolve("m");
    new GgufFileBuilder()
        .text("general.architecture", architecture)
        .floats("t", new float[] {1}, 1)
        .write(path);
    refused(path, fault);
    new GgufFileBuilder().floats("t", new float[] {1}, 1).write(path);
    refused(path, "its metadata do not say general.architecture");
  }

  private static void refused(Path path, String fault) {
    assertThatThrownBy(() -> ModelFiles.open(path).close())
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(fault);
  }

  /** Overwrites the 32-bit number that follows a key. */
  private static void patch(Path path, String key, int value) throws IOException {
    byte[] bytes = Files.readAllBytes(path);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int at = text.indexOf(key) + key.length() + 4;
    for (int i = 0; i < 4; i++) {
      bytes[at + i] = (byte) (value >> (8 * i));
    }
    Files.write(path, bytes);
  }
}
