package dev.skein.cli.engine;

import dev.skein.kernels.WorkerPool;
import dev.skein.model.Model;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The models that one process serves. Each is loaded once, however often and by whatever names it
 * is asked for, and the same threads compute all of them.
 */
public final class SharedModels implements AutoCloseable {
  private final ModelOptions options;
  private final PrintWriter err;
  private final WorkerPool workers;
  private final Map<ModelOptions.Source, Model> loaded = new LinkedHashMap<>();

  /**
   * None yet.
   *
   * @param options how all of them are loaded
   */
  public SharedModels(ModelOptions options, PrintWriter err) {
    this.options = options;
    this.err = err;
    this.workers = new WorkerPool(options.threads());
  }

  /**
   * The model under its own name, which stays open as long as the others.
   *
   * @param given as after {@code --model}; null: the bundled model
   */
  public Model open(@Nullable String given) throws IOException {
    ModelOptions.Source source = options.source(given, err);
    Model known = loaded.get(source);
    if (known != null) {
      return known;
    }
    String label = String.valueOf(source.path().getFileName());
    try (LoadBar bar = new LoadBar(err, label)) {
      Model model = Model.open(source.path(), source.options(), workers, bar);
      loaded.put(source, model);
      SmallModelWarning.print(model.rwkv(), err);
      options.logKernels();
      return model;
    }
  }

  @Override
  public void close() {
    loaded.values().forEach(Model::close);
    workers.close();
  }
}
