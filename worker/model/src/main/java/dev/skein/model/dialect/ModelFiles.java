package dev.skein.model.dialect;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.packed.SkeinFile;
import java.io.IOException;
import java.nio.file.Path;

/** Opens model files of every known format under BlinkDL's tensor names. */
public final class ModelFiles {
  private ModelFiles() {}

  /**
   * Opens a file of weights; format and dialect are told by its content.
   *
   * @throws ModelFormatException if the file is of no known format or damaged
   * @throws IOException if it is missing or cannot be read
   */
  public static ModelFile open(Path file) throws ModelFormatException, IOException {
    return SkeinFile.recognises(file) ? SkeinFile.open(file) : ModelFile.open(file);
  }
}
