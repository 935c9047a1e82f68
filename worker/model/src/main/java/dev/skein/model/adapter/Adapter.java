package dev.skein.model.adapter;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Which adapter to merge into a model.
 *
 * @param file a {@code .pth} or {@code .safetensors} of the factors, or a folder of PEFT with
 *     {@code adapter_model.safetensors}
 * @param alpha the factors' product is scaled by {@code alpha / rank}; null takes what {@code
 *     adapter_config.json} beside the file says, or else the rank, which scales by one
 */
public record Adapter(Path file, @Nullable Float alpha) {
  private static final String PEFT_WEIGHTS = "adapter_model.safetensors";

  /**
   * Reads {@code FILE} or {@code FILE:ALPHA}; a file that is really called so comes first.
   *
   * @throws IllegalArgumentException if alpha is no positive number
   */
  public static Adapter parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 0 || Files.exists(Path.of(text))) {
      return new Adapter(Path.of(text), null);
    }
    String alpha = text.substring(colon + 1);
    try {
      float value = Float.parseFloat(alpha);
      if (value > 0 && Float.isFinite(value)) {
        return new Adapter(Path.of(text.substring(0, colon)), value);
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(notAlpha(alpha), e);
    }
    throw new IllegalArgumentException(notAlpha(alpha));
  }

  private static String notAlpha(String text) {
    return "'" + text + "' is no alpha: give FILE or FILE:ALPHA with a positive number";
  }

  /**
   * The base model with this adapter in it. Closing it closes {@code base}.
   *
   * @throws ModelFormatException if a tensor of the adapter has no place in the model or another
   *     shape, or its configuration asks for what is not supported; names the tensor
   */
  public ModelFile mergeInto(ModelFile base) throws IOException {
    Path weights = Files.isDirectory(file) ? file.resolve(PEFT_WEIGHTS) : file;
    AdapterConfig config = AdapterConfig.beside(weights);
    ModelFile factors = ModelFile.open(weights);
    try {
      AdapterTensors tensors = AdapterTensors.of(factors, base);
      return new AdaptedModelFile(base, factors, tensors, rank -> config.scale(alpha, rank));
    } catch (IOException | RuntimeException e) {
      factors.close();
      throw e;
    }
  }
}
