package dev.skein.model.bundle;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import dev.skein.model.text.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which tokenizer a model gets: the one that was given, or else the vocabulary that its file
 * carries, or one that lies with the weights, or one of further places. The number of rows of the
 * embedding table tells for which tokenizer a model was trained: 65,536 for World, 50,277 (or, with
 * rows to spare, 50,304 or 50,432) for GPT-NeoX. Text in the other vocabulary is garbage to the
 * model, so a mismatch is an error where the vocabulary was meant for this model, and a reason to
 * look further where several lie about.
 */
public final class TokenizerChoice {
  private static final int WORLD_ROWS = 65536;
  private static final Set<Integer> NEOX_ROWS = Set.of(50277, 50304, 50432);
  private static final String MEND =
      "give the vocabulary that belongs to the model with --tokenizer FILE";

  private final ModelBundle bundle;
  private final long rows;
  private final List<byte[]> own;

  private TokenizerChoice(ModelBundle bundle, ModelFile weights) {
    Tensor embedding = weights.find("emb.weight");
    this.bundle = bundle;
    this.rows = embedding == null || embedding.rank() == 0 ? 0 : embedding.dim(0);
    this.own = weights.vocabulary();
  }

  /**
   * Chooses and opens.
   *
   * @param weights under BlinkDL's names
   * @param given by the user, or null
   * @param places further files, or folders of them, to look at last; they need not exist
   * @return null if there is none that could be this model's
   * @throws ModelFormatException if the vocabulary that was given, or all that lie with the
   *     weights, cannot be the model's
   */
  public static @Nullable Tokenizer choose(
      ModelBundle bundle, ModelFile weights, @Nullable Path given, List<Path> places)
      throws IOException {
    TokenizerChoice choice = new TokenizerChoice(bundle, weights);
    if (given != null) {
      return choice.fitting(given);
    }
    Tokenizer carried = Tokenizer.of(choice.own);
    if (carried != null) {
      choice.requireSize(weights.path(), carried);
      return carried;
    }
    List<Path> beside = bundle.vocabularies();
    Tokenizer found = choice.firstFitting(beside);
    if (found == null && !beside.isEmpty()) {
      return choice.fitting(beside.getFirst()); // says what is wrong with it
    }
    return found != null ? found : choice.firstFitting(expanded(places));
  }

  /** What to tell whoever needs a tokenizer where there is none. */
  public static String absent(Path model, long rows) {
    String file =
        NEOX_ROWS.contains((int) rows) ? "20B_tokenizer.json" : "rwkv_vocab_v20230424.txt";
    return model
        + ": the model has no vocabulary beside it; put "
        + file
        + " into its folder or give --tokenizer FILE (skein model pull fetches it with a model)";
  }

  private static List<Path> expanded(List<Path> places) throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path place : places) {
      if (Files.isDirectory(place)) {
        files.addAll(ModelBundle.vocabulariesIn(place));
      } else if (Files.isRegularFile(place)) {
        files.add(place);
      }
    }
    return files;
  }

  private @Nullable Tokenizer firstFitting(List<Path> candidates) throws IOException {
    for (Path candidate : candidates) {
      if (kindFits(isJson(candidate))) {
        Tokenizer tokenizer = Tokenizer.open(candidate);
        if (sizeFits(tokenizer)) {
          return tokenizer;
        }
      }
    }
    return null;
  }

  private Tokenizer fitting(Path vocabulary) throws IOException {
    Tokenizer tokenizer = Tokenizer.open(vocabulary);
    boolean neox = isJson(vocabulary);
    if (!kindFits(neox)) {
      throw ModelFormatException.of(
          vocabulary,
          "this is a %s vocabulary, but the %d tokens of the model %s are those of the %s one"
              .formatted(title(neox), rows, bundle.name(), title(!neox)),
          MEND + (neox ? ": rwkv_vocab_v20230424.txt" : ": 20B_tokenizer.json"));
    }
    requireSize(vocabulary, tokenizer);
    return tokenizer;
  }

  private void requireSize(Path vocabulary, Tokenizer tokenizer) throws ModelFormatException {
    if (!sizeFits(tokenizer)) {
      throw ModelFormatException.of(
          vocabulary,
          "it has ids up to %d, but the model knows only %d tokens"
              .formatted(tokenizer.vocabularySize() - 1, rows),
          MEND);
    }
  }

  private boolean kindFits(boolean neox) {
    return neox ? rows != WORLD_ROWS : !NEOX_ROWS.contains((int) rows);
  }

  private boolean sizeFits(Tokenizer tokenizer) {
    return rows == 0 || tokenizer.vocabularySize() <= rows;
  }

  private static String title(boolean neox) {
    return neox ? "GPT-NeoX" : "World";
  }

  private static boolean isJson(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try (InputStream in = Files.newInputStream(file)) {
      int first = in.read();
      while (first > 0 && Character.isWhitespace(first)) {
        first = in.read();
      }
      return first == '{';
    }
  }
}
