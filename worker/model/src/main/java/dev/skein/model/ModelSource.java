package dev.skein.model;

import dev.skein.model.bundle.ConfigAgreement;
import dev.skein.model.bundle.Fingerprint;
import dev.skein.model.bundle.ModelBundle;
import dev.skein.model.bundle.ModelDescription;
import dev.skein.model.bundle.TokenizerChoice;
import dev.skein.model.dialect.ModelFiles;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.packed.SkeinFile;
import dev.skein.model.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A model as it lies on the disk, opened but not loaded: its weights, its tokenizer and what is
 * told about it.
 */
public final class ModelSource implements AutoCloseable {
  private final ModelBundle bundle;
  private final ModelFile weights;
  private final @Nullable Tokenizer tokenizer;
  private final Model.Options options;

  private ModelSource(
      ModelBundle bundle, ModelFile weights, @Nullable Tokenizer tokenizer, Model.Options options) {
    this.bundle = bundle;
    this.weights = weights;
    this.tokenizer = tokenizer;
    this.options = options;
  }

  /**
   * Opens a file of weights, or a folder that holds one.
   *
   * @throws ModelFormatException as {@link Model#open}
   */
  public static ModelSource open(Path fileOrFolder, Model.Options options) throws IOException {
    ModelBundle found = ModelBundle.find(fileOrFolder);
    ModelFile weights = ModelFiles.open(found.weights());
    boolean opened = false;
    try {
      ModelBundle bundle =
          weights instanceof SkeinFile own ? found.withDescription(own.description()) : found;
      Tokenizer tokenizer =
          TokenizerChoice.choose(bundle, weights, options.tokenizer(), options.vocabularies());
      ModelSource source = new ModelSource(bundle, weights, tokenizer, options);
      source.requireAgreement();
      opened = true;
      return source;
    } finally {
      if (!opened) {
        weights.close();
      }
    }
  }

  /** The weights as published, or packed. */
  public ModelFile weights() {
    return weights;
  }

  /** What is told about the model. */
  public ModelDescription description() {
    return bundle.description();
  }

  /** The tokenizer, or null if there is none. */
  public @Nullable Tokenizer tokenizer() {
    return tokenizer;
  }

  /**
   * How the matrices are held: as the options say, but a converted file is taken as it is unless
   * the user asked for something else.
   */
  public Quantization quantization() {
    return weights instanceof SkeinFile own && !options.insists()
        ? own.quantization()
        : options.quantization();
  }

  /** Added to the variance in the time mix: what the options say, or the configuration. */
  public float groupNormEps() {
    boolean usual = options.groupNormEps() == ModelConfig.GROUP_NORM_EPS;
    return usual && description().groupNormEps() > 0
        ? description().groupNormEps()
        : options.groupNormEps();
  }

  /** What the model is called. */
  public String name() {
    return options.name() != null ? options.name() : bundle.name();
  }

  /** Tokens of the longest context in training, 0 if nobody told. */
  public int contextTrained() {
    return bundle.contextTrained();
  }

  /** What makes the model what it is, beside its weights. */
  public List<String> facts(ModelConfig config) {
    return List.of(
        config.architecture().title(),
        "group-norm-eps " + groupNormEps(),
        tokenizer == null ? "no tokenizer" : tokenizer.digest());
  }

  /** The model fingerprint, see {@link Fingerprint}; reads all weights of a published file. */
  public String fingerprint(ModelConfig config) throws ModelFormatException {
    return Fingerprint.of(weights, facts(config).toArray(String[]::new));
  }

  private void requireAgreement() throws ModelFormatException {
    ModelConfig config = Dimensions.read(Architecture.detect(weights), weights, groupNormEps());
    Map<String, Integer> actual =
        Map.of(
            "n_layer", config.layers(),
            "n_embd", config.width(),
            "dim_ffn", config.ffnWidth(),
            "head_size", config.headSize(),
            "n_head", config.heads(),
            "vocab_size", config.vocabulary());
    ConfigAgreement.require(bundle, config.architecture().title(), actual, weights);
  }

  @Override
  public void close() {
    weights.close();
  }
}
