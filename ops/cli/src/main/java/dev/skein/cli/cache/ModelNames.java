package dev.skein.cli.cache;

import dev.skein.cli.catalogue.Catalogue;
import dev.skein.cli.hub.HubAddress;
import dev.skein.cli.hub.HubException;
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

  /** Whether a path is that of a model of the cache. */
  public boolean cached(Path path) {
    return around.cache().holds(path);
  }

  private boolean known(String reference) {
    return around.catalogue().find(reference) != null;
  }
}
