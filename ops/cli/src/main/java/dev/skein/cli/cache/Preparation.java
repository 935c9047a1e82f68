package dev.skein.cli.cache;

import dev.skein.model.Quantization;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;

/**
 * What is done once to a model of the cache, so that it starts fast ever after: its conversion into
 * Skein's own quantised file. What it makes belongs into the folder {@link #FOLDER} of the model's
 * folder, which goes away with the weights that it was made of.
 */
@FunctionalInterface
public interface Preparation {
  /** Serves models as they were downloaded. */
  Preparation NONE = (model, quantization, err) -> model;

  /** Where prepared files are, inside a model's folder. */
  String FOLDER = "prepared";

  /**
   * Called with every model of the cache that is about to be loaded.
   *
   * @param model its folder
   * @param quantization how it will be computed
   * @param err for a line, and a bar at a terminal, if the work takes long
   * @return what to load: the folder, or a file inside it
   */
  Path prepare(Path model, Quantization quantization, PrintWriter err) throws IOException;
}
