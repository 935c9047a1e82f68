package dev.skein.cli.engine;

import dev.skein.cli.CommandFailure;
import dev.skein.cli.Terminals;
import dev.skein.cli.cache.ModelNames;
import dev.skein.cli.cache.Notes;
import dev.skein.cli.cache.Surroundings;
import dev.skein.kernels.Kernels;
import dev.skein.model.Model;
import dev.skein.model.ModelConfig;
import dev.skein.model.Quantization;
import dev.skein.model.adapter.Adapter;
import dev.skein.model.file.ModelFormatException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which model, and how it computes: the options that every command with a model shares. */
public final class ModelOptions {
  private static final String DEMO = "ops/models/skein-demo-9m";

  @Option(
      names = "--model",
      paramLabel = "[NAME=]MODEL",
      description = {
        "Weights file or model folder, a name of 'skein model list', or hf://owner/repository/file;"
            + " what is not on this machine is fetched. Absent: the bundled demo model."
      })
  List<String> named = new ArrayList<>();

  /** A model that was named in another way than by the option. */
  @Nullable String model;

  @Option(
      names = "--tokenizer",
      paramLabel = "FILE",
      description = "Vocabulary file; absent: the one beside the weights.")
  @Nullable Path tokenizer;

  @Option(
      names = "--lora",
      paramLabel = "FILE[:ALPHA]",
      converter = AdapterConverter.class,
      description = {
        "Adapter to merge into the weights (RWKV's trainers' or PEFT's naming).",
        "ALPHA absent: what adapter_config.json beside it says, or else the rank."
      })
  @Nullable Adapter lora;

  @Option(
      names = "--quant",
      paramLabel = "Q",
      converter = QuantizationConverter.class,
      description = "fp32, bf16, fp16, int8 or int4 (also q8, q4). A .skein file has its own.")
  @Nullable Quantization quantization;

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      converter = BackendConverter.class,
      defaultValue = "auto",
      description =
          "Kernels: auto, native (native-amx, native-vnni, native-avx2), vector or scalar (default:"
              + " ${DEFAULT-VALUE}).")
  String backend = "auto";

  @Option(
      names = "--threads",
      paramLabel = "T",
      converter = ThreadsConverter.class,
      description = "Threads of the kernels (default: one a processor).")
  @Nullable Integer threads;

  @Option(
      names = "--group-norm-eps",
      paramLabel = "E",
      description = "Epsilon of the group norm in the time mix (default: 64e-5).")
  float groupNormEps = ModelConfig.GROUP_NORM_EPS;

  @Option(
      names = "--offline",
      description = "Do not use the network: a model that is not on this machine is an error.")
  boolean offline;

  @Option(
      names = "--state",
      paramLabel = "[NAME=]FILE",
      description =
          "State that sessions may begin with, state-tuned or written by --state-out; repeatable.")
  List<String> states = new ArrayList<>();

  private final ModelNames models;
  private boolean demo;

  public ModelOptions() {
    this(new ModelNames(Surroundings.ofProcess()));
  }

  ModelOptions(ModelNames models) {
    this.models = models;
  }

  static final class QuantizationConverter implements ITypeConverter<Quantization> {
    @Override
    public Quantization convert(String text) {
      try {
        return Quantization.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  static final class AdapterConverter implements ITypeConverter<Adapter> {
    @Override
    public Adapter convert(String text) {
      try {
        return Adapter.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  static final class BackendConverter implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
      if (text.equals("auto")) {
        return text; // chosen when it is needed
      }
      try {
        Kernels.named(text);
        return text;
      } catch (IllegalArgumentException | IllegalStateException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  static final class ThreadsConverter implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      try {
        int threads = Integer.parseInt(text);
        if (threads >= 1 && threads <= 1024) {
          return threads;
        }
      } catch (NumberFormatException e) {
        throw new TypeConversionException("'" + text + "' is not a number of threads");
      }
      throw new TypeConversionException("threads must be between 1 and 1024, not " + text);
    }
  }

  /** How many threads the kernels get. */
  public int threads() {
    return threads == null ? Runtime.getRuntime().availableProcessors() : threads;
  }

  /** Where the model is; on {@code err} stands how it is fetched. */
  public Path path(PrintWriter err) throws IOException {
    return path(given(), err);
  }

  private Path path(@Nullable String given, PrintWriter err) throws IOException {
    demo = given == null;
    return given == null ? demoModel() : models.resolve(given, offline, notes(err));
  }

  private static Path demoModel() throws IOException {
    String home = System.getProperty("skein.home", "");
    Path demo = Path.of(home).resolve(DEMO);
    if (!Files.isDirectory(demo)) {
      throw new ModelFormatException("no --model given, and the demo model is not at " + demo);
    }
    return demo;
  }

  /** The name by which the model is called: what stands before {@code =}, or null for its own. */
  public @Nullable String name() {
    String given = given();
    return given == null ? null : ModelNames.alias(given);
  }

  /** Every model that {@code --model} names. */
  public List<String> named() {
    return List.copyOf(named);
  }

  /** Whether a model was named at all. */
  public boolean isGiven() {
    return given() != null;
  }

  /** The form that was asked for; null if none was. */
  public @Nullable Quantization quantization() {
    return quantization;
  }

  /** The name of the kernels: auto, or that of a backend. */
  public String backend() {
    return backend;
  }

  /** Epsilon of the group norm in the time mix. */
  public float groupNormEps() {
    return groupNormEps;
  }

  private @Nullable String given() {
    return model != null || named.isEmpty() ? model : named.getFirst();
  }

  /** The files of {@code --state} by their names: what stands before {@code =}, or the file's. */
  private Map<String, Path> startStates() {
    Map<String, Path> named = new LinkedHashMap<>();
    for (String given : states) {
      int equals = Files.exists(Path.of(given)) ? -1 : given.indexOf('=');
      Path file = Path.of(given.substring(equals + 1));
      if (!Files.exists(file)) {
        throw new IllegalArgumentException("there is no state at " + file);
      }
      String ownName = String.valueOf(file.getFileName()).replaceFirst("\\.[A-Za-z]+$", "");
      String name = equals > 0 ? given.substring(0, equals) : ownName;
      if (named.put(name, file) != null) {
        throw new IllegalArgumentException(
            "two states are named %s; give one another name with --state NAME=FILE"
                .formatted(name));
      }
    }
    return named;
  }

  /** What the model loader needs to know. */
  public Model.Options options(Quantization byDefault) {
    return options(byDefault, name());
  }

  private Model.Options options(Quantization byDefault, @Nullable String name) {
    Model.Options options =
        new Model.Options(
                quantization == null ? byDefault : quantization,
                backend,
                threads(),
                tokenizer,
                groupNormEps,
                name)
            .withVocabularies(vocabularies())
            .withLora(lora)
            .withStartStates(startStates());
    return quantization == null ? options : options.insisting();
  }

  /** Where vocabularies may lie for models that came without one. */
  List<Path> vocabularies() {
    return List.of(models.vocabularies());
  }

  /**
   * Loads a model that is to be served, as int8 by default; once it serves, {@link #mentionDemo}.
   * The caller closes it.
   */
  public Model openModel(PrintWriter err) throws IOException {
    Model model = openModel(err, Quantization.INT8);
    logKernels();
    return model;
  }

  void logKernels() {
    if (backend.equals("auto")) {
      LoggerFactory.getLogger(ModelOptions.class).info(Kernels.reason());
    }
  }

  /** A model on this machine, and how it is loaded. */
  record Source(Path path, Model.Options options) {}

  /**
   * Where a model is that is to be served under whatever name, as int8 by default.
   *
   * @param given as after {@code --model}; null: the bundled model
   */
  Source source(@Nullable String given, PrintWriter err) throws IOException {
    Model.Options options = options(Quantization.INT8, null);
    Path path = prepared(path(given, err), options, err);
    return new Source(path.toAbsolutePath().normalize(), options);
  }

  /**
   * Says, once, that the bundled model was used because none was given. Said when it serves or has
   * served: a refusal is one line.
   */
  public void mentionDemo(PrintWriter err) {
    if (demo) {
      err.println("no --model given: using skein-demo-9m, a toy story-teller");
      err.flush();
      demo = false;
    }
  }

  /** Loads the model, with a bar on {@code err} at a terminal. The caller closes it. */
  public Model openModel(PrintWriter err, Quantization byDefault) throws IOException {
    if (named.size() > 1) {
      throw new CommandFailure("this command takes one --model; several are for skein worker");
    }
    Model.Options options = options(byDefault);
    Path path = prepared(path(err), options, err);
    try (LoadBar bar = new LoadBar(err, String.valueOf(path.getFileName()))) {
      Model model = Model.open(path, options, bar);
      SmallModelWarning.print(model.rwkv(), err);
      return model;
    }
  }

  /** A model of the cache is packed once, unless it is to be computed in another way. */
  private Path prepared(Path path, Model.Options options, PrintWriter err) throws IOException {
    boolean usual = groupNormEps == ModelConfig.GROUP_NORM_EPS && lora == null;
    return usual
        ? models.prepared(path, options.quantization(), new PackedOnce(threads(), err), notes(err))
        : path;
  }

  private static Notes notes(PrintWriter err) {
    return new Notes(err, Terminals.err());
  }
}
