package dev.skein.model.packed;

import dev.skein.model.ModelConfig;
import dev.skein.model.ModelSource;
import dev.skein.model.Quantization;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.io.IOException;

/**
 * What the headers of a model tell, checked as the loader checks them (version, names, shapes,
 * leftovers) without reading any large tensor.
 *
 * @param config its dimensions
 * @param tensors how many there are
 * @param parameters numbers in all tensors
 * @param matrixBytes of its matrices, held as the source's options say: what a token reads of the
 *     memory, but for some vectors
 */
public record Outline(ModelConfig config, int tensors, long parameters, long matrixBytes) {

  /**
   * Reads the headers.
   *
   * @throws ModelFormatException if this is no complete model of a known version
   */
  public static Outline of(ModelSource source) throws IOException {
    return of(source.weights(), source.quantization(), source.groupNormEps());
  }

  /**
   * Reads the headers of weights alone, whatever lies beside them.
   *
   * @throws ModelFormatException if this is no complete model of a known version
   */
  public static Outline of(ModelFile weights, Quantization quantization, float groupNormEps)
      throws IOException {
    WeightPass.Outcome outcome = WeightPass.outline(weights, quantization, groupNormEps);
    long parameters = 0;
    for (String name : weights.names()) {
      Tensor tensor = weights.find(name);
      parameters += tensor == null ? 0 : tensor.elements();
    }
    return new Outline(outcome.config(), weights.names().size(), parameters, outcome.matrixBytes());
  }
}
