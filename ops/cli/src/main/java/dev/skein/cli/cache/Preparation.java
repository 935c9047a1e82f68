package dev.skein.cli.cache;

import dev.skein.model.Quantization;
import java.io.IOException;
import java.nio.file.Path;

/**
 * What is done once to a model of the cache, so that it starts fast ever after: its conversion into
 * Skein's own quantised file.
 */
@FunctionalInterface
public interface Preparation {
  /**
   * Where prepared files are, inside a model's folder; it goes away with what they were made of.
   */
  String FOLDER = "prepared";

  /**
   * Makes the file, whole or not at all.
   *
   * @param model its folder
   * @param target the file to make
   * @param quantization of its weights
   */
  void prepare(Path model, Path target, Quantization quantization) throws IOException;
}
