package dev.skein.cli.cache;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.cli.catalogue.CatalogueEntry;
import dev.skein.cli.catalogue.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * A model's folder as the model loader reads it: the weights, a {@code config.json} in Skein's own
 * form, and the vocabulary beside them.
 */
record Bundle(Path folder) {

  /**
   * Writes the configuration.
   *
   * @param name what the model calls itself
   * @param weights plain name of their file
   * @param like the published model whose template, sampling and context hold for it, or null
   * @param vocabulary that lies in the folder, or null
   */
  void describe(
      String name, String weights, @Nullable CatalogueEntry like, @Nullable Vocabulary vocabulary)
      throws IOException {
    ObjectNode config = CacheJson.object();
    config.put("name", name);
    config.putObject("files").put("weights", weights);
    if (vocabulary != null) {
      config
          .putObject("tokenizer")
          .put("type", vocabulary.type())
          .put("vocab", vocabulary.file())
          .put("eos_token_id", 0);
    }
    if (like != null) {
      config.set("chat_template", like.template());
      config.set("sampling", like.sampling());
      config.putObject("training").put("context", like.context(weights));
      config.put("licence", like.licence());
    }
    CacheJson.write(folder.resolve("config.json"), config);
  }

  /** Puts a vocabulary of the cache beside the weights: as a link, which costs nothing. */
  void place(Path vocabulary) throws IOException {
    Path here = folder.resolve(vocabulary.getFileName());
    if (Files.exists(here) && Files.mismatch(here, vocabulary) < 0) {
      return;
    }
    Files.deleteIfExists(here);
    try {
      Files.createLink(here, vocabulary);
    } catch (IOException | UnsupportedOperationException e) {
      Files.copy(vocabulary, here, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** A name under which a file of any name can lie in the folder and be named in JSON. */
  static String plainName(String file) {
    String last = file.substring(file.lastIndexOf('/') + 1);
    String plain = last.replaceAll("[^A-Za-z0-9._-]", "_").replaceFirst("^[.-]+", "_");
    return plain.length() <= 200 ? plain : plain.substring(plain.length() - 200);
  }

  /** Whether a file of that name is certainly no weights: text, or a page. */
  static boolean namesText(String file) {
    return file.matches("(?i).*\\.(json|txt|md|py|jsonl|lock|html?)");
  }

  /** The name of a file without what follows its last dot. */
  static String stem(String file) {
    int dot = file.lastIndexOf('.');
    return dot > 0 ? file.substring(0, dot) : file;
  }
}
