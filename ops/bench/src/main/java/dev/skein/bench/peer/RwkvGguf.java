package dev.skein.bench.peer;

import dev.skein.model.Architecture;
import dev.skein.model.file.DataType;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Writes an RWKV-7 model as llama.cpp's own converter does: its names, low-rank factors transposed,
 * the six mixing vectors of a layer stacked, unused value-residual tensors in the first layer.
 * Matrices as fp32 or fp16, vectors and the factors of the decay always as fp32. llama.cpp's own
 * quantiser makes the other forms from that. The vocabulary is a filler: whoever runs the file
 * speaks to it in token ids.
 */
public final class RwkvGguf {
  private static final float LAYER_NORM_EPS = 1e-5f;
  private static final String ARCHITECTURE = "rwkv7";

  private final ModelFile weights;
  private final DataType matrices;
  private final GgufWriter writer = new GgufWriter();

  private RwkvGguf(ModelFile weights, DataType matrices) {
    this.weights = weights;
    this.matrices = matrices;
  }

  /**
   * Writes the file.
   *
   * @param weights under BlinkDL's names
   * @param matrices fp32 or fp16
   * @throws ModelFormatException if it is not a complete RWKV-7 model
   */
  public static void write(ModelFile weights, DataType matrices, Path file) throws IOException {
    if (Architecture.detect(weights) != Architecture.V7) {
      throw new ModelFormatException(
          weights.path() + ": only RWKV-7 is written as GGUF; take an RWKV-7 model or shape");
    }
    RwkvGguf gguf = new RwkvGguf(weights, matrices);
    gguf.describe();
    gguf.writer.write(file);
  }

  private void describe() throws ModelFormatException {
    long[] table = shape("emb.weight");
    int layers = 0;
    while (weights.names().contains("blocks." + layers + ".ln1.weight")) {
      layers++;
    }
    metadata(layers, table);
    vocabulary(Math.toIntExact(table[0]));
    matrix("token_embd", "emb");
    norm("token_embd_norm", "blocks.0.ln0");
    norm("output_norm", "ln_out");
    matrix("output", "head");
    for (int i = 0; i < layers; i++) {
      layer("blk." + i + ".", "blocks." + i + ".", i == 0);
    }
  }

  private void metadata(int layers, long[] table) throws ModelFormatException {
    String a = ARCHITECTURE + ".";
    writer.text("general.architecture", ARCHITECTURE);
    writer.text("general.name", String.valueOf(weights.path().getFileName()));
    writer.whole("general.file_type", matrices == DataType.F16 ? 1 : 0);
    writer.whole(a + "context_length", 1 << 20);
    writer.whole(a + "embedding_length", table[1]);
    writer.whole(a + "block_count", layers);
    writer.real(a + "attention.layer_norm_epsilon", LAYER_NORM_EPS);
    writer.whole(a + "wkv.head_size", shape("blocks.0.att.r_k")[1]);
    writer.whole(a + "feed_forward_length", shape("blocks.0.ffn.key.weight")[0]);
    writer.whole(a + "attention.head_count", 0);
    writer.whole(a + "attention.decay_lora_rank", shape("blocks.0.att.w1")[1]);
    writer.whole(a + "attention.iclr_lora_rank", shape("blocks.0.att.a1")[1]);
    writer.whole(a + "attention.value_residual_mix_lora_rank", shape("blocks.1.att.v1")[1]);
    writer.whole(a + "attention.gate_lora_rank", shape("blocks.0.att.g1")[1]);
  }

  private void vocabulary(int size) {
    List<String> tokens = new ArrayList<>(size);
    int[] types = new int[size];
    for (int id = 0; id < size; id++) {
      tokens.add(id == 0 ? "<s>" : id <= 256 ? "\\x%02x".formatted(id - 1) : "t" + id);
      types[id] = id == 0 ? 3 : 1; // control, normal
    }
    writer.text("tokenizer.ggml.model", "rwkv");
    writer.texts("tokenizer.ggml.tokens", tokens);
    writer.wholes("tokenizer.ggml.token_type", types);
    writer.whole("tokenizer.ggml.bos_token_id", 0);
    writer.whole("tokenizer.ggml.eos_token_id", 0);
  }

  private void layer(String blk, String block, boolean first) throws ModelFormatException {
    String mix = blk + "time_mix_";
    String att = block + "att.";
    norm(blk + "attn_norm", block + "ln1");
    norm(blk + "attn_norm_2", block + "ln2");
    for (String kind : List.of("w", "a", "v", "g")) {
      // The first layer has no value residual; llama.cpp wants tensors for it all the same.
      String source = att + (first && kind.equals("v") ? "a" : kind);
      DataType type = kind.equals("w") ? DataType.F32 : matrices;
      if (!kind.equals("g")) {
        vector(mix + kind + "0", source + "0");
      }
      factor(mix + kind + "1", source + "1", type);
      factor(mix + kind + "2", source + "2", type);
    }
    mixes(mix + "lerp_fused.weight", att + "x_");
    for (String name : List.of("k_k", "k_a", "r_k")) {
      vector(mix + name, att + name);
    }
    for (String name : List.of("key", "value", "receptance", "output")) {
      matrix(mix + name, att + name);
    }
    norm(mix + "ln", att + "ln_x");
    long width = count(block + "ffn.x_k");
    put(blk + "channel_mix_lerp_k.weight", DataType.F32, block + "ffn.x_k", 1, 1, width);
    matrix(blk + "channel_mix_key", block + "ffn.key");
    matrix(blk + "channel_mix_value", block + "ffn.value");
  }

  private void matrix(String name, String source) throws ModelFormatException {
    put(name + ".weight", matrices, source + ".weight", shape(source + ".weight"));
  }

  private void norm(String name, String source) throws ModelFormatException {
    for (String part : List.of(".weight", ".bias")) {
      put(name + part, DataType.F32, source + part, count(source + part));
    }
  }

  private void vector(String name, String source) throws ModelFormatException {
    put(name + ".weight", DataType.F32, source, count(source));
  }

  private void factor(String name, String source, DataType type) throws ModelFormatException {
    long[] shape = shape(source);
    tensor(name + ".weight", type, new long[] {shape[1], shape[0]}, source, t -> t.permuted(1, 0));
  }

  private void put(String name, DataType type, String source, long... shape)
      throws ModelFormatException {
    tensor(name, type, shape, source, t -> t.reshaped(shape));
  }

  private void tensor(
      String name, DataType type, long[] shape, String source, UnaryOperator<Tensor> change)
      throws ModelFormatException {
    weights.require(source);
    writer.tensor(name, type, shape, () -> change.apply(required(source)));
  }

  private void mixes(String name, String prefix) throws ModelFormatException {
    String kinds = "rwkvag";
    int width = Math.toIntExact(count(prefix + "r"));
    long[] shape = {kinds.length(), 1, 1, width};
    writer.tensor(
        name,
        DataType.F32,
        shape,
        () -> {
          float[] all = new float[kinds.length() * width];
          for (int k = 0; k < kinds.length(); k++) {
            required(prefix + kinds.charAt(k)).read(0, all, k * width, width);
          }
          return Tensor.of(name, all, shape);
        });
  }

  private long[] shape(String source) throws ModelFormatException {
    return weights.require(source).shape();
  }

  private long count(String source) throws ModelFormatException {
    return Arrays.stream(shape(source)).reduce(1, Math::multiplyExact);
  }

  /** It was there when the file was described. */
  private Tensor required(String source) {
    Tensor tensor = weights.find(source);
    if (tensor == null) {
      throw new IllegalStateException(source + " has gone");
    }
    return tensor;
  }
}
