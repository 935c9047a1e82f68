package dev.skein.model;

import dev.skein.kernels.Matrix;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.lang.foreign.Arena;

/**
 * From BlinkDL's tensor names to the roles of weights; beside {@link Architecture#detect} the only
 * place that knows the names. Complains of tensors that are missing, misshapen or left over.
 */
final class WeightMap {
  private final TensorReader reader;
  private final ModelConfig config;
  private final Quantization quantization;

  WeightMap(
      ModelFile file,
      ModelConfig config,
      Quantization quantization,
      Arena arena,
      WorkerPool workers,
      LoadProgress progress) {
    this.reader = new TensorReader(file, arena, workers, progress);
    this.config = config;
    this.quantization = quantization;
  }

  /**
   * Reads the dimensions of a model from the shapes of its tensors.
   *
   * @throws ModelFormatException if they contradict each other, or the version is not supported
   */
  static ModelConfig config(Architecture architecture, ModelFile file, float groupNormEps)
      throws ModelFormatException {
    return switch (architecture) {
      case V7 -> config7(file, groupNormEps);
      case V4, V5_0, V5_1, V5_2, V6 ->
          throw ModelFormatException.of(
              file.path(),
              "an " + architecture.title() + " model, which is not yet supported",
              "take an RWKV-7 model");
    };
  }

  private static ModelConfig config7(ModelFile file, float groupNormEps)
      throws ModelFormatException {
    int layers = 0;
    while (file.find("blocks." + layers + ".ln1.weight") != null) {
      layers++;
    }
    Tensor embedding = matrix(file, "emb.weight");
    Tensor bonus = matrix(file, "blocks.0.att.r_k");
    Tensor key = matrix(file, "blocks.0.ffn.key.weight");
    int width = size(file, embedding, 1);
    int heads = size(file, bonus, 0);
    int headSize = size(file, bonus, 1);
    if (heads * headSize != width) {
      throw ModelFormatException.of(
          file.path(),
          "tensor '" + bonus + "' does not fit a width of " + width,
          "the tensors of the file contradict each other");
    }
    return new ModelConfig(
        Architecture.V7,
        layers,
        width,
        headSize,
        heads,
        size(file, key, 0),
        size(file, embedding, 0),
        groupNormEps);
  }

  private static Tensor matrix(ModelFile file, String name) throws ModelFormatException {
    Tensor tensor = file.require(name);
    if (tensor.rank() != 2) {
      throw ModelFormatException.of(
          file.path(), "tensor '" + tensor + "' should be a matrix", "the file is damaged");
    }
    return tensor;
  }

  private static int size(ModelFile file, Tensor tensor, int dimension)
      throws ModelFormatException {
    long size = tensor.dim(dimension);
    if (size < 1 || size > 1 << 20) {
      throw ModelFormatException.of(
          file.path(), "tensor '" + tensor + "' has an absurd shape", "the file is damaged");
    }
    return (int) size;
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

  Weights7.Time time7(int layer) throws ModelFormatException {
    String att = "blocks." + layer + ".att.";
    boolean first = layer == 0;
    if (first) { // some files hold dummies of the value residual in the first layer
      reader.ignore(att + "v0");
      reader.ignore(att + "v1");
      reader.ignore(att + "v2");
    }
    return new Weights7.Time(
        vector(att + "x_r"),
        vector(att + "x_w"),
        vector(att + "x_k"),
        vector(att + "x_v"),
        vector(att + "x_a"),
        vector(att + "x_g"),
        square(att + "receptance.weight"),
        square(att + "key.weight"),
        square(att + "value.weight"),
        square(att + "output.weight"),
        vector(att + "w0"),
        lora(att + "w"),
        vector(att + "a0"),
        lora(att + "a"),
        first ? null : vector(att + "v0"),
        first ? null : lora(att + "v"),
        lora(att + "g"),
        vector(att + "k_k"),
        vector(att + "k_a"),
        vector(att + "r_k"),
        norm(att + "ln_x"));
  }

  Weights7.Channel channel7(int layer) throws ModelFormatException {
    String ffn = "blocks." + layer + ".ffn.";
    return new Weights7.Channel(
        vector(ffn + "x_k"),
        matrix(ffn + "key.weight", config.ffnWidth(), config.width()),
        matrix(ffn + "value.weight", config.width(), config.ffnWidth()));
  }

  /** To be called when everything was taken. */
  void finish() throws ModelFormatException {
    reader.finish();
  }

  private float[] vector(String name) throws ModelFormatException {
    return reader.vector(name, config.width());
  }

  private Norm norm(String name) throws ModelFormatException {
    return new Norm(vector(name + ".weight"), vector(name + ".bias"));
  }

  private Matrix square(String name) throws ModelFormatException {
    return matrix(name, config.width(), config.width());
  }

  private Matrix matrix(String name, int rows, int columns) throws ModelFormatException {
    return reader.matrix(name, rows, columns, quantization);
  }

  private Lora lora(String name) throws ModelFormatException {
    int rank = reader.columns(name + "1");
    return new Lora(
        reader.transposed(name + "1", config.width(), rank),
        reader.transposed(name + "2", rank, config.width()));
  }
}
