package dev.skein.model;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;

/** Reads the dimensions of a model from the shapes of its tensors. */
final class Dimensions {
  private final ModelFile file;

  private Dimensions(ModelFile file) {
    this.file = file;
  }

  /**
   * The dimensions of a model of that version.
   *
   * @throws ModelFormatException if the shapes contradict each other
   */
  static ModelConfig read(Architecture architecture, ModelFile file, float groupNormEps)
      throws ModelFormatException {
    return new Dimensions(file).read(architecture, groupNormEps);
  }

  private ModelConfig read(Architecture architecture, float groupNormEps)
      throws ModelFormatException {
    int layers = 0;
    while (file.find("blocks." + layers + ".ln1.weight") != null) {
      layers++;
    }
    Tensor embedding = matrix("emb.weight");
    int width = size(embedding, 1);
    int heads =
        switch (architecture) {
          case V4 -> 1;
          case V5_0, V5_1, V5_2 -> size(file.require("blocks.0.att.time_decay"), 0);
          case V6 -> size(matrix("blocks.0.att.time_faaaa"), 0);
          case V7 -> size(matrix("blocks.0.att.r_k"), 0);
        };
    if (width % heads != 0) {
      throw ModelFormatException.of(
          file.path(),
          "its " + heads + " heads do not fit a width of " + width,
          "the tensors of the file contradict each other");
    }
    return new ModelConfig(
        architecture,
        layers,
        width,
        width / heads,
        heads,
        size(matrix("blocks.0.ffn.key.weight"), 0),
        size(embedding, 0),
        groupNormEps);
  }

  private Tensor matrix(String name) throws ModelFormatException {
    Tensor found = file.find(name); // to look at the shape alone, unlike require
    Tensor tensor = found == null ? file.require(name) : found;
    if (tensor.rank() != 2) {
      throw ModelFormatException.of(
          file.path(), "tensor '" + tensor + "' should be a matrix", "the file is damaged");
    }
    return tensor;
  }

  private int size(Tensor tensor, int dimension) throws ModelFormatException {
    long size = tensor.rank() > dimension ? tensor.dim(dimension) : 0;
    if (size < 1 || size > 1 << 20) {
      throw ModelFormatException.of(
          file.path(), "tensor '" + tensor + "' has an absurd shape", "the file is damaged");
    }
    return (int) size;
  }
}
