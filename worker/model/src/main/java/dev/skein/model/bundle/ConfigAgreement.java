package dev.skein.model.bundle;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.util.Map;
import java.util.TreeMap;

/** Compares what a configuration says of a model with its weights, which are right. */
public final class ConfigAgreement {
  private static final String MEND = "take both from the same model";

  private ConfigAgreement() {}

  /**
   * Refuses a configuration that contradicts the weights.
   *
   * @param title of the version that the weights are: "RWKV-5.2"
   * @param actual the dimensions that the weights have, by our names
   * @param weights under BlinkDL's names
   * @throws ModelFormatException naming field and weights
   */
  public static void require(
      ModelBundle bundle, String title, Map<String, Integer> actual, ModelFile weights)
      throws ModelFormatException {
    ModelDescription told = bundle.description();
    if (told.version() != null && !title.startsWith("RWKV-" + told.version())) {
      throw ModelFormatException.of(
          bundle.path(),
          "its config.json is of an RWKV-%s model, but the weights are %s"
              .formatted(told.version(), title),
          MEND);
    }
    for (Map.Entry<String, Integer> field : new TreeMap<>(told.dimensions()).entrySet()) {
      Integer has = actual.get(HuggingFaceConfig.dimension(field.getKey()));
      if (!field.getValue().equals(has)) {
        throw contradiction(bundle, field, "the weights have " + has);
      }
    }
    for (Map.Entry<String, Integer> field : new TreeMap<>(told.ranks()).entrySet()) {
      requireRank(bundle, field, weights);
    }
  }

  private static void requireRank(
      ModelBundle bundle, Map.Entry<String, Integer> field, ModelFile weights)
      throws ModelFormatException {
    String suffix = ".att." + HuggingFaceConfig.rank(field.getKey()) + "1";
    for (String name : weights.names()) {
      Tensor tensor = name.endsWith(suffix) ? weights.require(name) : null;
      boolean dummy = name.equals("blocks.0.att.v1"); // never used, so nobody keeps it right
      boolean matrix = tensor != null && tensor.rank() == 2 && !dummy;
      if (tensor != null && matrix && tensor.dim(1) != field.getValue()) {
        throw contradiction(bundle, field, "the weights have " + tensor);
      }
    }
  }

  private static ModelFormatException contradiction(
      ModelBundle bundle, Map.Entry<String, Integer> field, String fact) {
    return ModelFormatException.of(
        bundle.path(),
        "its config.json says %s = %d, but %s".formatted(field.getKey(), field.getValue(), fact),
        MEND);
  }
}
