package dev.skein.model;

import dev.skein.kernels.Matrix;
import dev.skein.kernels.Norm;
import dev.skein.kernels.Rows;
import dev.skein.kernels.Wkv7Weights;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.block.Block;
import dev.skein.model.block.ChannelMix;
import dev.skein.model.block.KeyedHeads;
import dev.skein.model.block.Lora;
import dev.skein.model.block.TimeMix4;
import dev.skein.model.block.TimeMix5;
import dev.skein.model.block.TimeMix6;
import dev.skein.model.block.TimeMix7;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import dev.skein.model.start.TimeState;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/**
 * From BlinkDL's tensor names to the roles of weights, for all versions; beside {@link
 * Architecture#detect} and {@link Dimensions} the only place that knows the names. Complains of
 * tensors that are missing, misshapen or left over.
 *
 * <p>Some weights are kept as what the blocks compute with: a mix is always the share of the
 * previous token (RWKV-4 and 5 store the present one's), a decay that depends on no token is what
 * it comes to.
 */
final class WeightMap {
  /** Added to the variance by every layer norm of every version. */
  private static final float LAYER_NORM_EPS = 1e-5f;

  private final ModelFile file;
  private final TensorReader reader;
  private final ModelConfig config;
  private final Quantization quantization;
  private final Arena arena;

  WeightMap(
      ModelFile file,
      ModelConfig config,
      Quantization quantization,
      Arena arena,
      WorkerPool workers,
      LoadProgress progress) {
    this.file = file;
    this.reader = new TensorReader(file, arena, workers, progress);
    this.config = config;
    this.quantization = quantization;
    this.arena = arena;
  }

  Tensor embedding() throws ModelFormatException {
    return reader.table("emb.weight", config.vocabulary(), config.width());
  }

  Norm embeddingNorm() throws ModelFormatException {
    return norm("blocks.0.ln0");
  }

  Norm timeNorm(int layer) throws ModelFormatException {
    return norm("blocks." + layer + ".ln1");
  }

  Norm channelNorm(int layer) throws ModelFormatException {
    return norm("blocks." + layer + ".ln2");
  }

  Norm outputNorm() throws ModelFormatException {
    return norm("ln_out");
  }

  Matrix head() throws ModelFormatException {
    return matrix("head.weight", config.vocabulary(), config.width());
  }

  /** The layout of a state, with what the file says of how it begins. */
  StateLayout stateLayout() throws ModelFormatException {
    StateLayout layout = StateLayout.of(config);
    if (!TimeState.isIn(file)) {
      return layout;
    }
    for (int i = 0; i < config.layers(); i++) {
      reader.ignore(TimeState.name(i)); // read here, whole
    }
    return layout.withInitial(TimeState.read(file, layout));
  }

  // ---- time mixes

  Block.Weights timeMix(int layer) throws ModelFormatException {
    String att = "blocks." + layer + ".att.";
    return switch (config.architecture()) {
      case V4 -> time4(att);
      case V5_0, V5_1, V5_2 -> time5(att);
      case V6 -> time6(att);
      case V7 -> time7(att, layer == 0);
    };
  }

  private TimeMix4.Weights time4(String att) throws ModelFormatException {
    float[] decay = vector(att + "time_decay");
    for (int i = 0; i < decay.length; i++) {
      decay[i] = (float) -StrictMath.exp(decay[i]);
    }
    return new TimeMix4.Weights(
        previousShares(att + "time_mix_", "rkv"),
        square(att + "receptance.weight"),
        square(att + "key.weight"),
        square(att + "value.weight"),
        square(att + "output.weight"),
        Rows.of(arena, decay),
        vectors(att + "time_first"));
  }

  private TimeMix5.Weights time5(String att) throws ModelFormatException {
    boolean gated = config.architecture() != Architecture.V5_0;
    float[] decay = byChannel(att + "time_decay");
    for (int i = 0; i < decay.length; i++) {
      decay[i] = (float) StrictMath.exp(-StrictMath.exp(decay[i]));
    }
    return new TimeMix5.Weights(
        previousShares(att + "time_mix_", gated ? "rkvg" : "rkv"),
        square(att + "receptance.weight"),
        square(att + "key.weight"),
        square(att + "value.weight"),
        gated ? square(att + "gate.weight") : null,
        heads(att, decay, first5(att)));
  }

  /** The bonus is meant as it stands once any tensor of the file is called time_faaaa. */
  private float[] first5(String att) throws ModelFormatException {
    boolean raw = file.names().stream().anyMatch(name -> name.contains("time_faaaa"));
    boolean old =
        file.find(att + "time_first") != null
            || (file.find(att + "time_faaaa") == null
                && config.architecture() != Architecture.V5_2);
    float[] first = byChannel(att + (old ? "time_first" : "time_faaaa"));
    for (int i = 0; !raw && i < first.length; i++) {
      first[i] = (float) StrictMath.exp(first[i]);
    }
    return first;
  }

  /** A weight of each head (RWKV-5.0 and 5.1) or of each key channel, for every key channel. */
  private float[] byChannel(String name) throws ModelFormatException {
    if (config.architecture() == Architecture.V5_2) {
      return vector(name);
    }
    float[] byHead = reader.vector(name, config.heads());
    float[] out = new float[config.width()];
    for (int i = 0; i < out.length; i++) {
      out[i] = byHead[i / config.headSize()];
    }
    return out;
  }

  private TimeMix6.Weights time6(String att) throws ModelFormatException {
    String inputs = "wkvrg"; // the order inside time_maa_w1 and w2
    List<Lora> loraMixes = new ArrayList<>();
    int rank = reader.columns(att + "time_maa_w1") / 5;
    for (int j = 0; j < inputs.length(); j++) {
      loraMixes.add(
          new Lora(
              reader.transposedColumns(att + "time_maa_w1", config.width(), rank, j, 5),
              reader.transposedPart(att + "time_maa_w2", rank, config.width(), j, 5)));
    }
    return new TimeMix6.Weights(
        vectors(att + "time_maa_x"),
        vectors(att + "time_maa_", inputs),
        List.copyOf(loraMixes),
        square(att + "receptance.weight"),
        square(att + "key.weight"),
        square(att + "value.weight"),
        square(att + "gate.weight"),
        lora(att + "time_decay_w"),
        heads(att, vector(att + "time_decay"), vector(att + "time_faaaa")));
  }

  private KeyedHeads.Weights heads(String att, float[] decay, float[] first)
      throws ModelFormatException {
    return new KeyedHeads.Weights(
        Rows.of(arena, decay),
        Rows.of(arena, first),
        groupNorm(att + "ln_x"),
        square(att + "output.weight"));
  }

  private TimeMix7.Weights time7(String att, boolean first) throws ModelFormatException {
    if (first) { // some files hold dummies of the value residual in the first layer
      reader.ignore(att + "v0");
      reader.ignore(att + "v1");
      reader.ignore(att + "v2");
    }
    return new TimeMix7.Weights(
        vectors(att + "x_", "rwkvag"),
        square(att + "receptance.weight"),
        square(att + "key.weight"),
        square(att + "value.weight"),
        square(att + "output.weight"),
        quantizedLora(att + "w"),
        quantizedLora(att + "a"),
        first ? null : quantizedLora(att + "v"),
        quantizedLora(att + "g"),
        new Wkv7Weights(
            vectors(att + "w0"),
            vectors(att + "a0"),
            first ? null : vectors(att + "v0"),
            vectors(att + "k_k"),
            vectors(att + "k_a"),
            vectors(att + "r_k"),
            groupNorm(att + "ln_x")));
  }

  // ---- channel mixes

  Block.Weights channelMix(int layer) throws ModelFormatException {
    String ffn = "blocks." + layer + ".ffn.";
    Matrix key = matrix(ffn + "key.weight", config.ffnWidth(), config.width());
    Matrix value = matrix(ffn + "value.weight", config.width(), config.ffnWidth());
    return switch (config.architecture()) {
      case V4, V5_0, V5_1, V5_2 ->
          new ChannelMix.Weights(
              previousShares(ffn + "time_mix_", "kr"),
              key,
              value,
              square(ffn + "receptance.weight"));
      case V6 ->
          new ChannelMix.Weights(
              vectors(ffn + "time_maa_", "kr"), key, value, square(ffn + "receptance.weight"));
      case V7 -> new ChannelMix.Weights(vectors(ffn + "x_k"), key, value, null);
    };
  }

  /** To be called when everything was taken. */
  void finish() throws ModelFormatException {
    reader.finish();
  }

  private float[] vector(String name) throws ModelFormatException {
    return reader.vector(name, config.width());
  }

  /** One vector. */
  private Rows vectors(String name) throws ModelFormatException {
    return Rows.of(arena, vector(name));
  }

  /** The vectors whose names end with these letters, a row each. */
  private Rows vectors(String prefix, String letters) throws ModelFormatException {
    float[][] rows = new float[letters.length()][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = vector(prefix + letters.charAt(i));
    }
    return Rows.of(arena, rows);
  }

  /** From shares of the present token in inputs to shares of the previous one. */
  private Rows previousShares(String prefix, String letters) throws ModelFormatException {
    Rows shares = vectors(prefix, letters);
    for (int row = 0; row < shares.count(); row++) {
      for (int i = 0; i < shares.columns(); i++) {
        shares.set(row, i, 1 - shares.get(row, i));
      }
    }
    return shares;
  }

  private Norm norm(String name) throws ModelFormatException {
    return norm(name, LAYER_NORM_EPS);
  }

  private Norm groupNorm(String name) throws ModelFormatException {
    return norm(name, config.groupNormEps());
  }

  private Norm norm(String name, float eps) throws ModelFormatException {
    return new Norm(vectors(name + ".weight"), vectors(name + ".bias"), eps);
  }

  private Matrix square(String name) throws ModelFormatException {
    return matrix(name, config.width(), config.width());
  }

  private Matrix matrix(String name, int rows, int columns) throws ModelFormatException {
    return reader.matrix(name, rows, columns, quantization);
  }

  private Lora quantizedLora(String name) throws ModelFormatException {
    if (!quantization.quantizesActivations()) {
      return lora(name);
    }
    int rank = reader.columns(name + "1");
    return new Lora(
        reader.transposedInt8(name + "1", config.width(), rank),
        reader.transposedInt8(name + "2", rank, config.width()));
  }

  private Lora lora(String name) throws ModelFormatException {
    int rank = reader.columns(name + "1");
    return new Lora(
        reader.transposed(name + "1", config.width(), rank),
        reader.transposed(name + "2", rank, config.width()));
  }
}
