package dev.skein.model.dialect;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Opens model files of every known format under BlinkDL's tensor names. */
public final class ModelFiles {
  private ModelFiles() {}

  /**
   * Opens a file of weights, or the index of a model in several files; format and dialect are told
   * by the content.
   *
   * @throws ModelFormatException if the file is of no known format or damaged, or contradicts
   *     itself
   * @throws IOException if it is missing or cannot be read
   */
  public static ModelFile open(Path file) throws ModelFormatException, IOException {
    ModelFile opened =
        ShardIndex.isJson(file) ? ShardIndex.read(file).open() : ModelFile.open(file);
    try {
      return translate(opened);
    } catch (IOException | RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  /**
   * BlinkDL's name for a tensor that a naming of Hugging Face only calls otherwise; any other name
   * as it is.
   */
  public static String plainName(String name) {
    for (Dialect dialect : List.of(HuggingFaceDialects.TRANSFORMERS, HuggingFaceDialects.FLA)) {
      String found = dialect.plainName(name);
      if (found != null) {
        return found;
      }
    }
    return name;
  }

  private static ModelFile translate(ModelFile file) throws ModelFormatException {
    return switch (file.format()) {
      case "gguf" -> GgufDialect.translate(file);
      case "rwkv.cpp" -> RwkvCppDialect.translate(file);
      default -> {
        Dialect dialect = HuggingFaceDialects.of(file);
        yield dialect == null ? file : dialect.translate(file);
      }
    };
  }

  /**
   * The files that {@link #open} would read weights from: the one given, or those that an index
   * names.
   *
   * @throws ModelFormatException if it is an index, and a wrong one
   */
  public static List<Path> filesOf(Path file) throws IOException {
    return ShardIndex.isJson(file)
        ? List.copyOf(ShardIndex.read(file).shards().values())
        : List.of(file);
  }
}
