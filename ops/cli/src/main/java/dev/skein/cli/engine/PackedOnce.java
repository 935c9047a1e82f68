package dev.skein.cli.engine;

import dev.skein.cli.cache.Preparation;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.Model;
import dev.skein.model.ModelConfig;
import dev.skein.model.ModelSource;
import dev.skein.model.Quantization;
import dev.skein.model.packed.Conversion;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;

/**
 * Converts a downloaded model into Skein's own file, which starts at once and is the same model.
 *
 * @param threads that compute
 * @param err for a bar at a terminal
 */
record PackedOnce(int threads, PrintWriter err) implements Preparation {
  @Override
  public void prepare(Path model, Path target, Quantization quantization) throws IOException {
    Model.Options options =
        new Model.Options(quantization, "auto", threads, null, ModelConfig.GROUP_NORM_EPS, null);
    try (ModelSource source = ModelSource.open(model, options);
        WorkerPool workers = new WorkerPool(threads);
        LoadBar bar = new LoadBar(err, "preparing", String.valueOf(model.getFileName()))) {
      new Conversion(source, quantization).write(target, workers, bar);
    }
  }
}
