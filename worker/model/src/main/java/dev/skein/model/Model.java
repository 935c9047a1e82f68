package dev.skein.model;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.bundle.Fingerprint;
import dev.skein.model.bundle.ModelBundle;
import dev.skein.model.bundle.ModelDescription;
import dev.skein.model.dialect.ModelFiles;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.sampling.SamplingParameters;
import dev.skein.model.start.StartStateFile;
import dev.skein.model.text.ChatTemplate;
import dev.skein.model.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
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
  private final Map<String, float[]> startStates;

  private Model(
      String name,
      ModelBundle bundle,
      Rwkv rwkv,
      WorkerPool workers,
      @Nullable Tokenizer tokenizer,
      String fingerprint,
      Map<String, float[]> startStates) {
    this.name = name;
    this.bundle = bundle;
    this.rwkv = rwkv;
    this.workers = workers;
    this.tokenizer = tokenizer;
    this.fingerprint = fingerprint;
    this.startStates = Map.copyOf(startStates);
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
   * @param startStates files of states that sessions may begin with, by the names that requests use
   */
  public record Options(
      Quantization quantization,
      String backend,
      int threads,
      @Nullable Path tokenizer,
      float groupNormEps,
      @Nullable String name,
      Map<String, Path> startStates) {

    /** int8 on the fastest backend with as many threads as processors. */
    public static Options defaults() {
      return new Options(
          Quantization.INT8,
          "auto",
          Runtime.getRuntime().availableProcessors(),
          null,
          ModelConfig.GROUP_NORM_EPS,
          null,
          Map.of());
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
    Path vocabulary = options.tokenizer() != null ? options.tokenizer() : bundle.vocabulary();
    Tokenizer tokenizer = vocabulary == null ? null : Tokenizer.open(vocabulary);
    Kernels kernels = Kernels.named(options.backend());
    WorkerPool workers = new WorkerPool(options.threads());
    try (ModelFile weights = ModelFiles.open(bundle.weights())) {
      float eps = groupNormEps(options, bundle.description());
      Rwkv rwkv = Rwkv.load(weights, options.quantization(), kernels, workers, eps, progress);
      requireAgreement(bundle, rwkv.config(), vocabulary, tokenizer);
      String fingerprint =
          Fingerprint.of(
              weights,
              rwkv.config().architecture().title(),
              "group-norm-eps " + eps,
              tokenizer == null ? "no tokenizer" : tokenizer.digest());
      String name = options.name() != null ? options.name() : bundle.name();
      return new Model(
          name, bundle, rwkv, workers, tokenizer, fingerprint, startStates(options, rwkv));
    } catch (IOException | RuntimeException e) {
      workers.close();
      throw e;
    }
  }

  /**
   * Opens only the tokenizer of a model, without reading its weights.
   *
   * @throws ModelFormatException if there is none
   */
  public static Tokenizer openTokenizer(Path fileOrFolder) throws IOException {
    Path vocabulary = ModelBundle.findVocabulary(fileOrFolder);
    if (vocabulary == null) {
      throw new ModelFormatException(withoutVocabulary(fileOrFolder));
    }
    return Tokenizer.open(vocabulary);
  }

  private static Map<String, float[]> startStates(Options options, Rwkv rwkv) throws IOException {
    Map<String, float[]> states = new HashMap<>();
    for (Map.Entry<String, Path> named : options.startStates().entrySet()) {
      states.put(named.getKey(), StartStateFile.read(named.getValue(), rwkv.stateLayout()));
    }
    return states;
  }

  private static float groupNormEps(Options options, ModelDescription description) {
    boolean usual = options.groupNormEps() == ModelConfig.GROUP_NORM_EPS;
    return usual && description.groupNormEps() > 0
        ? description.groupNormEps()
        : options.groupNormEps();
  }

  private static void requireAgreement(
      ModelBundle bundle,
      ModelConfig config,
      @Nullable Path vocabulary,
      @Nullable Tokenizer tokenizer)
      throws ModelFormatException {
    Map<String, Integer> actual =
        Map.of(
            "n_layer", config.layers(),
            "n_embd", config.width(),
            "dim_ffn", config.ffnWidth(),
            "head_size", config.headSize(),
            "n_head", config.heads(),
            "vocab_size", config.vocabulary());
    for (Map.Entry<String, Integer> told : bundle.description().dimensions().entrySet()) {
      if (!told.getValue().equals(actual.get(told.getKey()))) {
        throw ModelFormatException.of(
            bundle.path(),
            "its config.json says %s = %d, but the weights have %d"
                .formatted(told.getKey(), told.getValue(), actual.get(told.getKey())),
            "take both from the same model");
      }
    }
    if (tokenizer != null
        && vocabulary != null
        && tokenizer.vocabularySize() > config.vocabulary()) {
      throw ModelFormatException.of(
          vocabulary,
          "it has ids up to %d, but the model knows only %d tokens"
              .formatted(tokenizer.vocabularySize() - 1, config.vocabulary()),
          "give the vocabulary that belongs to the model with --tokenizer FILE");
    }
  }

  private static String withoutVocabulary(Path path) {
    return path
        + ": the model has no vocabulary beside it; put rwkv_vocab_v20230424.txt into its folder or give --tokenizer FILE";
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
      throw new IllegalStateException(withoutVocabulary(bundle.path()));
    }
    return tokenizer;
  }

  /** How chats are laid out for this model. */
  public ChatTemplate template() {
    return bundle.description().template();
  }

  /** How tokens are drawn where a request does not say it. */
  public SamplingParameters defaults() {
    return bundle.description().sampling();
  }

  /**
   * The states that sessions may begin with, by name, each in the order of the state layout; nobody
   * may change them.
   */
  public Map<String, float[]> startStates() {
    return startStates;
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
