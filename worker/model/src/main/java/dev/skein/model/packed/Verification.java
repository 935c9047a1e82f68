package dev.skein.model.packed;

import dev.skein.model.LoadProgress;
import dev.skein.model.Model;
import dev.skein.model.ModelConfig;
import dev.skein.model.ModelSource;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Reads the whole of a model and says whether it is sound: of a converted file every checksum, of
 * any other that every value is finite; of both that it is a complete model of a known version.
 *
 * @param format of the weights
 * @param config its dimensions
 * @param tensors how many there are
 * @param parameters numbers in all tensors
 * @param fingerprint the model's
 */
public record Verification(
    String format, ModelConfig config, int tensors, long parameters, String fingerprint) {

  /**
   * Verifies a file or folder.
   *
   * @throws ModelFormatException naming the tensor that is not sound
   */
  public static Verification of(Path path, Model.Options options, LoadProgress progress)
      throws IOException {
    try (ModelSource source = ModelSource.open(path, options)) {
      ModelFile weights = source.weights();
      Outline outline = Outline.of(source);
      if (weights instanceof SkeinFile own) {
        own.verify();
      } else {
        requireFinite(weights, progress);
      }
      return new Verification(
          weights.format(),
          outline.config(),
          outline.tensors(),
          outline.parameters(),
          source.fingerprint(outline.config()));
    }
  }

  private static void requireFinite(ModelFile weights, LoadProgress progress)
      throws ModelFormatException {
    long done = 0;
    for (String name : weights.names()) {
      Tensor tensor = weights.require(name);
      long wrong = tensor.firstNonFinite();
      if (wrong >= 0) {
        throw ModelFormatException.of(
            weights.path(),
            "element %d of tensor '%s' is no finite number".formatted(wrong, name),
            "take another copy of the model");
      }
      weights.unload();
      progress.loaded(++done, weights.names().size());
    }
  }
}
