package dev.skein.model;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.adapter.Adapter;
import dev.skein.model.bundle.ConfigAgreement;
import dev.skein.model.bundle.Fingerprint;
import dev.skein.model.bundle.ModelBundle;
import dev.skein.model.bundle.ModelDescription;
import dev.skein.model.bundle.TokenizerChoice;
import dev.skein.model.dialect.ModelFiles;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.sampling.SamplingParameters;
import dev.skein.model.text.ChatTemplate;
import dev.skein.model.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A model ready to run: weights, tokenizer and chat template. Opening one reads all weights once
 * and keeps no file open; closing it ends its threads and frees its memory. Everything but {@link
 * #rwkv} may be used by any thread.
 */
public final class Model implements AutoCloseable {
  /** The version of the arithmetic: changes whenever the same weights may give other bits. */
  private static final int ARITHMETIC_VERSION = 1;

  private final String name;
  private final ModelBundle bundle;
  private final Rwkv rwkv;
  private final WorkerPool workers;
  private final @Nullable Tokenizer tokenizer;
  private final String fingerprint;

  private Model(
      String name,
      ModelBundle bundle,
      Rwkv rwkv,
      WorkerPool workers,
      @Nullable Tokenizer tokenizer,
      String fingerprint) {
    this.name = name;
    this.bundle = bundle;
    this.rwkv = rwkv;
    this.workers = workers;
    this.tokenizer = tokenizer;
    this.fingerprint = fingerprint;
  }

  /**
   * How a model is opened.
   *
   * @param backend "auto", "vector" or "scalar"
   * @param threads that compute together, the caller of a step included
   * @param tokenizer a vocabulary to use instead of the one beside the weights, or null
   * @param groupNormEps added to the variance in the time mix; as usual ({@link
   *     ModelConfig#GROUP_NORM_EPS}), what the model's configuration says comes first
   * @param name what to call the model, or null for its own name
   * @param vocabularies files, or folders of them, where a vocabulary may be found for a model that
   *     came without one; the last places to look at
   * @param lora an adapter to merge into the weights, or null
   */
  public record Options(
      Quantization quantization,
      String backend,
      int threads,
      @Nullable Path tokenizer,
      float groupNormEps,
      @Nullable String name,
      List<Path> vocabularies,
      @Nullable Adapter lora) {

    /** Options without further places of vocabularies, and without an adapter. */
    public Options(
        Quantization quantization,
        String backend,
        int threads,
        @Nullable Path tokenizer,
        float groupNormEps,
        @Nullable String name) {
      this(quantization, backend, threads, tokenizer, groupNormEps, name, List.of(), null);
    }

    /** The same with other places of vocabularies. */
    public Options withVocabularies(List<Path> places) {
      return new Options(
          quantization, backend, threads, tokenizer, groupNormEps, name, List.copyOf(places), lora);
    }

    /** The same with an adapter, or without. */
    public Options withLora(@Nullable Adapter adapter) {
      return new Options(
          quantization, backend, threads, tokenizer, groupNormEps, name, vocabularies, adapter);
    }

    /** int8 on the fastest backend with as many threads as processors. */
    public static Options defaults() {
      return new Options(
          Quantization.INT8,
          "auto",
          Runtime.getRuntime().availableProcessors(),
          null,
          ModelConfig.GROUP_NORM_EPS,
          null);
    }
  }

  /**
   * Opens a file of weights, or a folder that holds one.
   *
   * @throws ModelFormatException if there is no model, or something about it is wrong; one sentence
   *     that says what and how to mend it
   */
  public static Model open(Path fileOrFolder, Options options, LoadProgress progress)
      throws ModelFormatException, IOException {
    ModelBundle bundle = ModelBundle.find(fileOrFolder);
    Kernels kernels = Kernels.named(options.backend());
    WorkerPool workers = new WorkerPool(options.threads());
    try (ModelFile weights = weights(bundle, options)) {
      Tokenizer tokenizer =
          TokenizerChoice.choose(bundle, weights, options.tokenizer(), options.vocabularies());
      float eps = groupNormEps(options, bundle.description());
      requireAgreement(
          bundle, Dimensions.read(Architecture.detect(weights), weights, eps), weights);
      Rwkv rwkv = Rwkv.load(weights, options.quantization(), kernels, workers, eps, progress);
      String fingerprint =
          Fingerprint.of(
              weights,
              rwkv.config().architecture().title(),
              "group-norm-eps " + eps,
              tokenizer == null ? "no tokenizer" : tokenizer.digest());
      String name = options.name() != null ? options.name() : bundle.name();
      return new Model(name, bundle, rwkv, workers, tokenizer, fingerprint);
    } catch (IOException | RuntimeException e) {
      workers.close();
      throw e;
    }
  }

  private static ModelFile weights(ModelBundle bundle, Options options) throws IOException {
    ModelFile base = ModelFiles.open(bundle.weights());
    Adapter lora = options.lora();
    if (lora == null) {
      return base;
    }
    try {
      return lora.mergeInto(base);
    } catch (IOException | RuntimeException e) {
      base.close();
      throw e;
    }
  }

  /**
   * Opens only the tokenizer of a model; of the weights, no more is read than the shape of the
   * table of tokens.
   *
   * @param vocabularies as in {@link Options}
   * @throws ModelFormatException if there is none
   */
  public static Tokenizer openTokenizer(Path fileOrFolder, List<Path> vocabularies)
      throws IOException {
    ModelBundle bundle = ModelBundle.find(fileOrFolder);
    try (ModelFile weights = ModelFiles.open(bundle.weights())) {
      Tokenizer tokenizer = TokenizerChoice.choose(bundle, weights, null, vocabularies);
      if (tokenizer == null) {
        throw new ModelFormatException(
            TokenizerChoice.absent(fileOrFolder, weights.require("emb.weight").dim(0)));
      }
      return tokenizer;
    }
  }

  private static float groupNormEps(Options options, ModelDescription description) {
    boolean usual = options.groupNormEps() == ModelConfig.GROUP_NORM_EPS;
    return usual && description.groupNormEps() > 0
        ? description.groupNormEps()
        : options.groupNormEps();
  }

  private static void requireAgreement(ModelBundle bundle, ModelConfig config, ModelFile weights)
      throws ModelFormatException {
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

  public String name() {
    return name;
  }

  public Rwkv rwkv() {
    return rwkv;
  }

  /**
   * The tokenizer, or null if the model came without a vocabulary: then only token ids can be used.
   */
  public @Nullable Tokenizer tokenizerOrNull() {
    return tokenizer;
  }

  /**
   * The tokenizer.
   *
   * @throws IllegalStateException if the model came without a vocabulary; the message says how to
   *     give one
   */
  public Tokenizer tokenizer() {
    if (tokenizer == null) {
      throw new IllegalStateException(
          TokenizerChoice.absent(bundle.path(), rwkv.config().vocabulary()));
    }
    return tokenizer;
  }

  /**
   * How chats are laid out for this model: as its configuration says, or else as the models of its
   * tokenizer were trained.
   */
  public ChatTemplate template() {
    ChatTemplate told = bundle.description().template();
    if (told != null) {
      return told;
    }
    boolean neox = tokenizer != null && tokenizer.name().equals("gpt-neox");
    return neox ? ChatTemplate.raven() : ChatTemplate.world();
  }

  /** How tokens are drawn where a request does not say it. */
  public SamplingParameters defaults() {
    return bundle.description().sampling();
  }

  /** The token that ends a text. */
  public int endOfText() {
    return bundle.description().endOfText();
  }

  /** 64 hex digits: equal for equal weights as published, tokenizer and architecture. */
  public String modelFingerprint() {
    return fingerprint;
  }

  /**
   * The quantisation and the version of the arithmetic: "int8-1". A state of another one is another
   * state.
   */
  public String arithmeticFingerprint() {
    return rwkv.quantization().title() + "-" + ARITHMETIC_VERSION;
  }

  /**
   * Tokens of the longest context in training, 0 if nobody told. Longer ones cost the same, but are
   * recalled less well.
   */
  public int contextTrained() {
    return bundle.contextTrained();
  }

  /** The file or folder that was opened. */
  public Path path() {
    return bundle.path();
  }

  @Override
  public void close() {
    rwkv.close();
    workers.close();
  }
}
