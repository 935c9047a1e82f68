package dev.skein.model.dialect;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;

/** Opens model files of every known format under BlinkDL's tensor names. */
public final class ModelFiles {
  private ModelFiles() {}

  /**
   * Opens a file of weights; format and dialect are told by its content.
   *
   * @throws ModelFormatException if the file is of no known format or damaged, or contradicts
   *     itself
   * @throws IOException if it is missing or cannot be read
   */
  public static ModelFile open(Path file) throws ModelFormatException, IOException {
    ModelFile opened = ModelFile.open(file);
    try {
      return translate(opened);
    } catch (IOException | RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  private static ModelFile translate(ModelFile file) throws ModelFormatException {
    return switch (file.format()) {
      case "gguf" -> GgufDialect.translate(file);
      case "rwkv.cpp" -> RwkvCppDialect.translate(file);
      default -> file;
    };
  }
}
