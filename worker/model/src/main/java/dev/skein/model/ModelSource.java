package dev.skein.model;

import dev.skein.model.bundle.Fingerprint;
import dev.skein.model.bundle.ModelBundle;
import dev.skein.model.bundle.ModelDescription;
import dev.skein.model.dialect.ModelFiles;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.packed.SkeinFile;
import dev.skein.model.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
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
  private final ModelDescription description;
  private final @Nullable Path vocabulary;
  private final @Nullable Tokenizer tokenizer;
  private final Model.Options options;

  private ModelSource(
      ModelBundle bundle,
      ModelFile weights,
      ModelDescription description,
      @Nullable Path vocabulary,
      @Nullable Tokenizer tokenizer,
      Model.Options options) {
    this.bundle = bundle;
    this.weights = weights;
    this.description = description;
    this.vocabulary = vocabulary;
    this.tokenizer = tokenizer;
    this.options = options;
  }

  /**
   * Opens a file of weights, or a folder that holds one.
   *
   * @throws ModelFormatException as {@link Model#open}
   */
  public static ModelSource open(Path fileOrFolder, Model.Options options) throws IOException {
    ModelBundle bundle = ModelBundle.find(fileOrFolder);
    ModelFile weights = ModelFiles.open(bundle.weights());
    boolean opened = false;
    try {
      SkeinFile own = weights instanceof SkeinFile file ? file : null;
      ModelDescription description = own == null ? bundle.description() : own.description();
      Tokenizer tokenizer =
          own == null || options.tokenizer() != null ? null : own.tokenizer();
      Path vocabulary = options.tokenizer() != null ? options.tokenizer() : bundle.vocabulary();
      if (tokenizer == null && vocabulary != null) {
        tokenizer = Tokenizer.open(vocabulary);
      }
      ModelSource source =
          new ModelSource(bundle, weights, description, vocabulary, tokenizer, options);
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
    return description;
  }

  /** The tokenizer, or null if there is none. */
  public @Nullable Tokenizer tokenizer() {
    return tokenizer;
  }

  /** The text of the tokenizer if it is a GPT-NeoX one, else null. */
  public byte @Nullable [] tokenizerJson() throws IOException {
    boolean json = tokenizer != null && tokenizer.name().equals("gpt-neox");
    return json && vocabulary != null ? Files.readAllBytes(vocabulary) : null;
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
    return usual && description.groupNormEps() > 0
        ? description.groupNormEps()
        : options.groupNormEps();
  }

  /** What the model is called. */
  public String name() {
    String given = options.name() != null ? options.name() : description.name();
    return given != null ? given : bundle.name();
  }

  /** Tokens of the longest context in training, 0 if nobody told. */
  public int contextTrained() {
    return description.contextTrained() > 0 ? description.contextTrained() : bundle.contextTrained();
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

  /**
   * Checks that weights, configuration and vocabulary belong together.
   *
   * @throws ModelFormatException naming what contradicts what
   */
  public void requireAgreement(ModelConfig config) throws ModelFormatException {
    Map<String, Integer> actual =
        Map.of(
            "n_layer", config.layers(),
            "n_embd", config.width(),
            "dim_ffn", config.ffnWidth(),
            "head_size", config.headSize(),
            "n_head", config.heads(),
            "vocab_size", config.vocabulary());
    for (Map.Entry<String, Integer> told : description.dimensions().entrySet()) {
      if (!told.getValue().equals(actual.get(told.getKey()))) {
        throw ModelFormatException.of(
            bundle.path(),
            "its config.json says %s = %d, but the weights have %d"
                .formatted(told.getKey(), told.getValue(), actual.get(told.getKey())),
            "take both from the same model");
      }
    }
    if (tokenizer != null && tokenizer.vocabularySize() > config.vocabulary()) {
      throw ModelFormatException.of(
          vocabulary == null ? bundle.path() : vocabulary,
          "it has ids up to %d, but the model knows only %d tokens"
              .formatted(tokenizer.vocabularySize() - 1, config.vocabulary()),
          "give the vocabulary that belongs to the model with --tokenizer FILE");
    }
  }

  @Override
  public void close() {
    weights.close();
  }
}
