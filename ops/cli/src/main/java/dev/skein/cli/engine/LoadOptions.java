package dev.skein.cli.engine;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.LoadProgress;
import dev.skein.model.Model;
import dev.skein.model.Quantization;
import dev.skein.model.Rwkv;
import dev.skein.model.random.RandomWeights;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** A model, or random weights of a published shape: for commands that need no text. */
public final class LoadOptions {
  /** The shapes that there are, for --help. */
  static final class Shapes implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return RandomWeights.shapes().iterator();
    }
  }

  /** Every process makes the same random weights, so that digests of tokens can be compared. */
  private static final long SHAPE_SEED = 1;

  @Mixin ModelOptions model;

  @Option(
      names = "--shape",
      paramLabel = "SHAPE",
      description =
          "Random weights of a published shape instead of a model, one of ${COMPLETION-CANDIDATES}.",
      completionCandidates = LoadOptions.Shapes.class)
  @Nullable String shape;

  /** How many threads the kernels get. */
  public int threads() {
    return model.threads();
  }

  /** The weights of {@code --shape}, by which a peer can be given the same; null of a model. */
  public @Nullable RandomWeights randomWeights() {
    return shape == null ? null : RandomWeights.of(shape, SHAPE_SEED);
  }

  /** Loads the model or makes the weights. The caller closes it. */
  public LoadedModel open(CommandLine command, Quantization byDefault) throws IOException {
    PrintWriter err = command.getErr();
    String wanted = shape;
    if (wanted == null) {
      return LoadedModel.of(model.openModel(err, byDefault));
    }
    checkRandom(command);
    return random(wanted, model.options(byDefault).quantization(), err);
  }

  /**
   * The same as a model that can be served: random weights get a vocabulary. The caller closes it.
   *
   * @param folder for files that must stay as long as the model
   */
  public Model openServed(CommandLine command, Path folder) throws IOException {
    String wanted = shape;
    if (wanted == null) {
      return model.openModel(command.getErr());
    }
    checkRandom(command);
    try (RandomWeights weights = RandomWeights.of(wanted, SHAPE_SEED)) {
      RandomModel files = RandomModel.write(weights, folder);
      Model.Options asked = model.options(Quantization.INT8);
      Model.Options options =
          new Model.Options(
              asked.quantization(),
              asked.backend(),
              asked.threads(),
              files.vocabulary(),
              asked.groupNormEps(),
              wanted);
      return Model.open(files.weights(), options, LoadProgress.NONE);
    }
  }

  private void checkRandom(CommandLine command) {
    if (model.isGiven()) {
      throw new ParameterException(command, "--model and --shape exclude each other");
    }
    if (!model.states.isEmpty()) {
      throw new ParameterException(
          command, "--state needs a --model: random weights have no use for it");
    }
  }

  private LoadedModel random(String shape, Quantization quantization, PrintWriter err)
      throws IOException {
    try (RandomWeights weights = RandomWeights.of(shape, SHAPE_SEED);
        LoadBar bar = new LoadBar(err, shape)) {
      WorkerPool workers = new WorkerPool(threads());
      Kernels kernels = Kernels.named(model.backend);
      Rwkv rwkv = Rwkv.load(weights, quantization, kernels, workers, model.groupNormEps, bar);
      SmallModelWarning.print(rwkv, err);
      return LoadedModel.random(shape, rwkv, workers);
    }
  }
}
