package dev.skein.model;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.adapter.Adapter;
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
  private static final int ARITHMETIC_VERSION = 2;

  private final Path path;
  private final String name;
  private final ModelDescription description;
  private final int contextTrained;
  private final Rwkv rwkv;
  private final @Nullable WorkerPool ownWorkers;
  private final @Nullable Tokenizer tokenizer;
  private final String fingerprint;
  private final Map<String, float[]> startStates;

  private Model(Path path, ModelSource source, Rwkv rwkv, @Nullable WorkerPool ownWorkers)
      throws IOException {
    this.path = path;
    this.name = source.name();
    this.description = source.description();
    this.contextTrained = source.contextTrained();
    this.rwkv = rwkv;
    this.ownWorkers = ownWorkers;
    this.tokenizer = source.tokenizer();
    this.fingerprint = source.fingerprint(rwkv.config());
    this.startStates = source.startStates(rwkv.stateLayout());
  }

  /**
   * How a model is opened.
   *
   * @param backend a name that {@link Kernels#named} knows
   * @param threads that compute together, the caller of a step included
   * @param tokenizer a vocabulary to use instead of the one beside the weights, or null
   * @param groupNormEps added to the variance in the time mix; as usual ({@link
   *     ModelConfig#GROUP_NORM_EPS}), what the model's configuration says comes first
   * @param name what to call the model, or null for its own name
   * @param vocabularies files, or folders of them, where a vocabulary may be found for a model that
   *     came without one; the last places to look at
   * @param insists whether a converted file that holds another quantisation is refused; otherwise
   *     it is taken as it is
   * @param lora an adapter to merge into the weights, or null
   * @param startStates files of states that sessions may begin with, by the names that requests use
   */
  public record Options(
      Quantization quantization,
      String backend,
      int threads,
      @Nullable Path tokenizer,
      float groupNormEps,
      @Nullable String name,
      List<Path> vocabularies,
      boolean insists,
      @Nullable Adapter lora,
      Map<String, Path> startStates) {

    public Options {
      vocabularies = List.copyOf(vocabularies);
      startStates = Map.copyOf(startStates);
    }

    /** Options without further places, files or wishes. */
    public Options(
        Quantization quantization,
        String backend,
        int threads,
        @Nullable Path tokenizer,
        float groupNormEps,
        @Nullable String name) {
      this(
          quantization,
          backend,
          threads,
          tokenizer,
          groupNormEps,
          name,
          List.of(),
          false,
          null,
          Map.of());
    }

    /** The same with other places of vocabularies. */
    public Options withVocabularies(List<Path> places) {
      return with(places, insists, lora, startStates);
    }

    /** The same, refusing a converted file that holds another quantisation. */
    public Options insisting() {
      return with(vocabularies, true, lora, startStates);
    }

    /** The same with an adapter, or without. */
    public Options withLora(@Nullable Adapter adapter) {
      return with(vocabularies, insists, adapter, startStates);
    }

    /** The same with other states to begin with. */
    public Options withStartStates(Map<String, Path> files) {
      return with(vocabularies, insists, lora, files);
    }

    private Options with(
        List<Path> places, boolean strict, @Nullable Adapter adapter, Map<String, Path> files) {
      return new Options(
          quantization,
          backend,
          threads,
          tokenizer,
          groupNormEps,
          name,
          places,
          strict,
          adapter,
          files);
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
    WorkerPool own = new WorkerPool(options.threads());
    try {
      return open(fileOrFolder, options, own, own, progress);
    } catch (IOException | RuntimeException e) {
      own.close();
      throw e;
    }
  }

  /**
   * The same, computed by threads that stay the caller's and may serve other models too. Whoever
   * runs one of them takes its {@link WorkerPool#turns turn}, as an engine does.
   */
  public static Model open(
      Path fileOrFolder, Options options, WorkerPool shared, LoadProgress progress)
      throws ModelFormatException, IOException {
    return open(fileOrFolder, options, shared, null, progress);
  }

  private static Model open(
      Path fileOrFolder,
      Options options,
      WorkerPool workers,
      @Nullable WorkerPool own,
      LoadProgress progress)
      throws IOException {
    Kernels kernels = Kernels.named(options.backend());
    try (ModelSource source = ModelSource.open(fileOrFolder, options)) {
      float eps = source.groupNormEps();
      Rwkv rwkv =
          Rwkv.load(source.weights(), source.quantization(), kernels, workers, eps, progress);
      return new Model(fileOrFolder, source, rwkv, own);
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
      throw new IllegalStateException(TokenizerChoice.absent(path, rwkv.config().vocabulary()));
    }
    return tokenizer;
  }

  /**
   * How chats are laid out for this model: as its configuration says, or else as the models of its
   * tokenizer were trained.
   */
  public ChatTemplate template() {
    ChatTemplate told = description.template();
    if (told != null) {
      return told;
    }
    boolean neox = tokenizer != null && tokenizer.name().equals("gpt-neox");
    return neox ? ChatTemplate.raven() : ChatTemplate.world();
  }

  /** How tokens are drawn where a request does not say it. */
  public SamplingParameters defaults() {
    return description.sampling();
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
    return description.endOfText();
  }

  /** 64 hex digits: equal for equal weights as published, tokenizer and architecture. */
  public String modelFingerprint() {
    return fingerprint;
  }

  /**
   * The quantisation and the version of the arithmetic: "int8-2". A state of another one is another
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
    return contextTrained;
  }

  /** The file or folder that was opened. */
  public Path path() {
    return path;
  }

  @Override
  public void close() {
    rwkv.close();
    if (ownWorkers != null) {
      ownWorkers.close();
    }
  }
}
