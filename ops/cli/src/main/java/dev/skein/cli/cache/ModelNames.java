package dev.skein.cli.cache;

import dev.skein.cli.catalogue.Catalogue;
import dev.skein.cli.hub.HubAddress;
import dev.skein.cli.web.HubException;
import dev.skein.model.Quantization;
import dev.skein.model.file.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What {@code --model} means: a path, the name of a model in the cache, a short name of the
 * catalogue, or an address; optionally {@code NAME=} in front of any of these. Names and addresses
 * that are not here yet are fetched.
 */
public final class ModelNames {
  private static final String ALIAS = "[A-Za-z0-9][A-Za-z0-9._:-]*=.+";

  private final Surroundings around;

  public ModelNames(Surroundings around) {
    this.around = around;
  }

  /** The part in front of {@code =}, or null: by this name the model is served. */
  public static @Nullable String alias(String given) {
    return !Files.exists(Path.of(given)) && given.matches("(?s)" + ALIAS)
        ? given.substring(0, given.indexOf('='))
        : null;
  }

  /**
   * Where the model is, once it is here.
   *
   * @throws HubException if there is none, or it cannot be had
   */
  public Path resolve(String given, boolean offline, Notes notes) throws IOException {
    String alias = alias(given);
    String reference = alias == null ? given : given.substring(alias.length() + 1);
    if (Files.exists(Path.of(reference))) {
      return Path.of(reference);
    }
    CachedModel cached = around.cache().find(reference);
    if (cached != null) {
      return cached.folder();
    }
    if (HubAddress.looksLikeOne(reference) || known(reference)) {
      return new ModelPull(around, notes).pull(ModelPull.Wish.of(reference), offline).folder();
    }
    if (Catalogue.looksLikeName(reference)) {
      throw HubException.last(around.catalogue().unknown(reference));
    }
    throw HubException.last(
        "there is no model at "
            + reference
            + ", and none of that name; names are listed by: skein model list");
  }

  /** Where vocabularies lie that came without a model. */
  public Path vocabularies() {
    return around.cache().vocabularies();
  }

  /**
   * What to load: for a model of the cache that is to be computed in integers the file that was
   * prepared for that, made now if it is not there; anything else as it is. If it cannot be made,
   * the model works without it.
   */
  public Path prepared(Path found, Quantization quantization, Preparation preparation, Notes notes)
      throws IOException {
    CachedModel model = around.cache().holds(found) ? CachedModel.read(found) : null;
    boolean integers = quantization == Quantization.INT8 || quantization == Quantization.INT4;
    if (model == null || !integers || String.valueOf(model.weights()).endsWith(".skein")) {
      return found;
    }
    Path target = found.resolve(Preparation.FOLDER).resolve(quantization.title() + ".skein");
    if (upToDate(target, model)) {
      return target;
    }
    try (FolderLock _ = FolderLock.take(found, around.pauses(), () -> notes.waiting(found))) {
      if (!upToDate(target, model)) {
        Files.createDirectories(found.resolve(Preparation.FOLDER));
        preparation.prepare(found, target, quantization);
      }
      return target;
    } catch (ModelFormatException e) {
      throw e;
    } catch (IOException e) {
      notes.say("the model starts slowly, since it cannot be prepared (" + e.getMessage() + ")");
      return found;
    }
  }

  /** A linked file may have changed since. */
  private static boolean upToDate(Path target, CachedModel model) throws IOException {
    String weights = model.weights();
    return Files.isRegularFile(target)
        && (weights == null
            || Files.getLastModifiedTime(target)
                    .compareTo(Files.getLastModifiedTime(model.folder().resolve(weights)))
                >= 0);
  }

  private boolean known(String reference) {
    return around.catalogue().find(reference) != null;
  }
}
