package dev.skein.model.bundle;

import dev.skein.model.dialect.ModelFiles;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The files of a model: its weights, what is told about it, and its vocabulary.
 *
 * @param path the file or folder that was asked for
 * @param weights the file of the weights, or the index of those in several files
 * @param vocabularies the tokenizers' files that lie with the weights, likeliest first
 */
public record ModelBundle(
    Path path, Path weights, ModelDescription description, List<Path> vocabularies) {
  private static final String CONFIG = "config.json";

  /** The names that weights have in Hugging Face folders, which may hold several of them. */
  private static final List<String> STANDARD_WEIGHTS =
      List.of(
          "model.safetensors",
          "model.safetensors.index.json",
          "pytorch_model.bin",
          "pytorch_model.bin.index.json");

  private static final Pattern WEIGHTS =
      Pattern.compile("(?i).*\\.(safetensors|pth|pt|gguf|bin|skein)");
  private static final Pattern ANY = Pattern.compile(".*");
  private static final int UNKNOWN_MAX = 64;
  private static final Pattern WORLD_VOCABULARY = Pattern.compile("rwkv_vocab.*\\.txt");
  private static final Pattern VOCABULARY = Pattern.compile(".*vocab.*\\.txt");
  private static final Pattern NEOX_VOCABULARY = Pattern.compile("(20B_)?tokenizer\\.json");
  private static final Pattern CONTEXT = Pattern.compile("(?i).*ctx-?(\\d{3,8}).*");

  public ModelBundle {
    vocabularies = List.copyOf(vocabularies);
  }

  /**
   * Finds the files of a model. A folder holds its weights under one of Hugging Face's standard
   * names, or as the only file of weights, or a {@code config.json} of ours names them. A single
   * file may have its vocabulary beside it: {@code rwkv_vocab*.txt}, or the only {@code
   * *vocab*.txt}, or {@code 20B_tokenizer.json} or {@code tokenizer.json}.
   *
   * @throws ModelFormatException if there is no model at that place, or its configuration is wrong
   */
  public static ModelBundle find(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      return inFolder(path, path, null);
    }
    Path folder = folder(path);
    // The standard names belong to their folder; any other file may lie among strangers.
    boolean standard = STANDARD_WEIGHTS.contains(String.valueOf(path.getFileName()));
    if (standard && Files.isRegularFile(folder.resolve(CONFIG))) {
      return inFolder(path, folder, path);
    }
    return new ModelBundle(path, path, ModelDescription.NONE, vocabulariesIn(folder));
  }

  private static ModelBundle inFolder(Path path, Path folder, @Nullable Path weights)
      throws IOException {
    Path config = folder.resolve(CONFIG);
    ModelDescription description =
        Files.isRegularFile(config) ? ModelDescription.read(config) : ModelDescription.NONE;
    List<Path> vocabularies =
        description.vocabulary() == null
            ? vocabulariesIn(folder)
            : List.of(named(folder, description.vocabulary()));
    Path found = weights == null ? weightsIn(folder, description) : weights;
    return new ModelBundle(path, found, description, vocabularies);
  }

  private static Path weightsIn(Path folder, ModelDescription description) throws IOException {
    if (description.weights() != null) {
      return named(folder, description.weights());
    }
    for (String name : STANDARD_WEIGHTS) {
      if (Files.isRegularFile(folder.resolve(name))) {
        return folder.resolve(name);
      }
    }
    List<Path> found = list(folder, WEIGHTS);
    if (found.isEmpty()) {
      found = byContent(folder);
    }
    if (found.size() == 1) {
      return found.getFirst();
    }
    throw ModelFormatException.of(
        folder,
        found.isEmpty()
            ? "there is no model in this folder"
            : "there are several models in this folder (%s, %s)"
                .formatted(found.get(0).getFileName(), found.get(1).getFileName()),
        "give the path of a file of weights");
  }

  /** The weights among files whose names say nothing. */
  private static List<Path> byContent(Path folder) throws IOException {
    return list(folder, ANY).stream().limit(UNKNOWN_MAX).filter(ModelBundle::opens).toList();
  }

  private static boolean opens(Path file) {
    try (ModelFile opened = ModelFiles.open(file)) {
      return !opened.names().isEmpty();
    } catch (IOException e) {
      return false; // not weights: a text, an image, what else lies in folders
    }
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

  /** The vocabularies in a folder, by their usual names, likeliest first. */
  static List<Path> vocabulariesIn(Path folder) throws IOException {
    List<Path> found = new ArrayList<>();
    List<Path> world = list(folder, WORLD_VOCABULARY);
    List<Path> any = list(folder, VOCABULARY);
    if (!world.isEmpty()) {
      found.add(world.getLast());
    } else if (any.size() == 1) {
      found.add(any.getFirst());
    }
    found.addAll(list(folder, NEOX_VOCABULARY));
    return found;
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

  /**
   * What the model is called: by its configuration, or else as its file is, or its folder where the
   * file has only a standard name.
   */
  public String name() {
    if (description.name() != null) {
      return description.name();
    }
    String file = String.valueOf(weights.getFileName());
    Path folder = weights.toAbsolutePath().normalize().getParent();
    if (STANDARD_WEIGHTS.contains(file) && folder != null && folder.getFileName() != null) {
      return folder.getFileName().toString();
    }
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

  /** The files that hold the weights: one, or those that an index names. */
  public List<Path> files() throws IOException {
    return ModelFiles.filesOf(weights);
  }
}
