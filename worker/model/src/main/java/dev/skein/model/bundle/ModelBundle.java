package dev.skein.model.bundle;

import dev.skein.model.file.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The files of a model: its weights, what is told about it, and its vocabulary.
 *
 * @param path the file or folder that was asked for
 * @param weights the file of the weights
 * @param vocabulary the tokenizer's file, or null if there is none beside the weights
 */
public record ModelBundle(
    Path path, Path weights, ModelDescription description, @Nullable Path vocabulary) {
  private static final String CONFIG = "config.json";
  private static final String STANDARD_WEIGHTS = "model.safetensors";
  private static final Pattern WEIGHTS = Pattern.compile(".*\\.(safetensors|pth)");
  private static final Pattern WORLD_VOCABULARY = Pattern.compile("rwkv_vocab.*\\.txt");
  private static final Pattern VOCABULARY = Pattern.compile(".*vocab.*\\.txt");
  private static final Pattern CONTEXT = Pattern.compile("(?i).*ctx-?(\\d{3,8}).*");

  /**
   * Finds the files of a model. A folder holds its weights and, as a rule, a {@code config.json}
   * that names them; a single file may have its vocabulary beside it ({@code rwkv_vocab*.txt}, or
   * the only {@code *vocab*.txt}).
   *
   * @throws ModelFormatException if there is no model at that place, or its configuration is wrong
   */
  public static ModelBundle find(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      return inFolder(path, path);
    }
    Path folder = folder(path);
    // The standard name belongs to its folder; any other file may lie among strangers.
    if (path.endsWith(STANDARD_WEIGHTS) && Files.isRegularFile(folder.resolve(CONFIG))) {
      return inFolder(path, folder);
    }
    return new ModelBundle(path, path, ModelDescription.NONE, vocabularyBeside(folder));
  }

  /** Finds a vocabulary for a model without looking at its weights; null if there is none. */
  public static @Nullable Path findVocabulary(Path path) throws IOException {
    return find(path).vocabulary();
  }

  private static ModelBundle inFolder(Path path, Path folder) throws IOException {
    if (Files.exists(folder.resolve("model.safetensors.index.json"))) {
      throw ModelFormatException.of(
          folder,
          "models in several files cannot be read by this version",
          "give a single .pth or .safetensors file");
    }
    Path config = folder.resolve(CONFIG);
    ModelDescription description =
        Files.isRegularFile(config) ? ModelDescription.read(config) : ModelDescription.NONE;
    Path vocabulary =
        description.vocabulary() == null
            ? vocabularyBeside(folder)
            : named(folder, description.vocabulary());
    return new ModelBundle(path, weightsIn(folder, description), description, vocabulary);
  }

  private static Path weightsIn(Path folder, ModelDescription description) throws IOException {
    if (description.weights() != null) {
      return named(folder, description.weights());
    }
    List<Path> found = list(folder, WEIGHTS);
    if (found.size() == 1) {
      return found.getFirst();
    }
    throw ModelFormatException.of(
        folder,
        found.isEmpty()
            ? "there is no model in this folder"
            : "there are several models in this folder",
        "give the path of a .pth or .safetensors file");
  }

  private static Path named(Path folder, String name) throws ModelFormatException {
    Path file = folder.resolve(name);
    if (!Files.isRegularFile(file)) {
      throw ModelFormatException.of(
          folder,
          "its config.json names " + name + ", which is not there",
          "fetch the whole folder again");
    }
    return file;
  }

  private static @Nullable Path vocabularyBeside(Path folder) throws IOException {
    List<Path> world = list(folder, WORLD_VOCABULARY);
    if (!world.isEmpty()) {
      return world.getLast();
    }
    List<Path> any = list(folder, VOCABULARY);
    return any.size() == 1 ? any.getFirst() : null;
  }

  private static List<Path> list(Path folder, Pattern names) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> names.matcher(file.getFileName().toString()).matches())
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    }
  }

  private static Path folder(Path file) {
    Path parent = file.getParent();
    return parent == null ? Path.of(".") : parent;
  }

  /** What the model is called: by its configuration, or else as its file is. */
  public String name() {
    if (description.name() != null) {
      return description.name();
    }
    String file = String.valueOf(weights.getFileName());
    return WEIGHTS.matcher(file).matches() ? file.substring(0, file.lastIndexOf('.')) : file;
  }

  /**
   * Tokens of the longest context in training: from the configuration or the file's name (ctx4096),
   * or 0.
   */
  public int contextTrained() {
    if (description.contextTrained() > 0) {
      return description.contextTrained();
    }
    Matcher context = CONTEXT.matcher(String.valueOf(weights.getFileName()));
    return context.matches() ? Integer.parseInt(context.group(1)) : 0;
  }
}
