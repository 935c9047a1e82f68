package dev.skein.cli.cache;

import dev.skein.cli.catalogue.Catalogue;
import dev.skein.cli.catalogue.CatalogueEntry;
import dev.skein.cli.catalogue.Vocabulary;
import dev.skein.cli.hub.Digests;
import dev.skein.cli.web.HubClient;
import dev.skein.cli.web.HubException;
import dev.skein.cli.web.Sizes;
import dev.skein.model.ModelConfig;
import dev.skein.model.Quantization;
import dev.skein.model.bundle.ModelBundle;
import dev.skein.model.dialect.ModelFiles;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.packed.Outline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Takes files of this machine into the cache: weights, a whole model folder, or a vocabulary. A
 * file that is called like a published one becomes that model, so that a machine without a network
 * gets models by hand.
 */
public final class ModelImport {
  private static final int FILES_MAX = 1000;
  private static final long SPACE_LEFT = 64 << 20;

  private final Surroundings around;
  private final ModelCache cache;
  private final Notes notes;

  public ModelImport(Surroundings around, Notes notes) {
    this.around = around;
    this.cache = around.cache();
    this.notes = notes;
  }

  /**
   * What is to be taken.
   *
   * @param source file or folder
   * @param name to find it by, or null: that of the published model, or else of the file
   * @param like short name of the published model that it is to be used like, or null
   * @param link whether a link will do instead of a copy
   */
  public record Order(
      Path source, @Nullable String name, @Nullable String like, boolean link, boolean offline) {}

  /** What came of it: the name of the model or vocabulary, and where it is now. */
  public record Taken(String name, Path place) {}

  /**
   * Takes it.
   *
   * @throws HubException with the sentence for the user
   */
  public Taken take(Order order) throws IOException {
    Path source = order.source().toAbsolutePath().normalize();
    if (!Files.exists(source)) {
      throw HubException.last("there is no file " + source);
    }
    if (source.startsWith(cache.root())) {
      throw HubException.last(source + " is in the cache already");
    }
    if (Files.isRegularFile(source)) {
      for (Vocabulary vocabulary : around.catalogue().vocabularies().values()) {
        if (Vocabularies.is(source, vocabulary)) {
          return vocabulary(source, vocabulary);
        }
      }
      if (Bundle.namesText(String.valueOf(source.getFileName()))) {
        throw HubException.last(
            source
                + " is neither a file of weights nor a vocabulary that is known; of a model folder"
                + " give the folder");
      }
    }
    requireModel(source);
    Catalogue catalogue = around.catalogue();
    Optional<CatalogueEntry> published =
        catalogue.ofFile(String.valueOf(source.getFileName()), null);
    String name = name(order, source, published);
    Path place = cache.folder(name);
    try (FolderLock _ = FolderLock.take(place, around.pauses(), () -> notes.waiting(place))) {
      CachedModel there = CachedModel.read(place);
      if (there != null) {
        throw HubException.last(
            "there is a model '"
                + there.name()
                + "' already: give another --name, or first run: skein model remove "
                + there.name());
      }
      CachedModel model =
          Files.isDirectory(source)
              ? folder(source, name, place, order)
              : file(source, name, place, order, like(order, published.orElse(null)));
      model.write();
      return new Taken(name, place);
    }
  }

  /** Refuses at once what the loader would refuse on every later day. */
  private static void requireModel(Path source) throws IOException {
    try (ModelFile weights = ModelFiles.open(ModelBundle.find(source).weights())) {
      Outline.of(weights, Quantization.INT8, ModelConfig.GROUP_NORM_EPS);
    } catch (ModelFormatException e) {
      throw HubException.last(String.valueOf(e.getMessage()));
    }
  }

  private Taken vocabulary(Path source, Vocabulary vocabulary) throws IOException {
    Vocabularies vocabularies = new Vocabularies(around, cache, notes);
    Path place = vocabularies.take(source, vocabulary);
    // Models that came before their vocabulary have waited for it.
    for (CachedModel model : cache.all()) {
      CatalogueEntry entry = around.catalogue().find(model.name());
      if (entry != null && entry.vocabulary().equals(vocabulary) && model.weights() != null) {
        Bundle bundle = new Bundle(model.folder());
        bundle.place(place);
        bundle.describe(model.name(), model.weights(), entry, vocabulary);
      }
    }
    return new Taken("vocabulary:" + vocabulary.name(), place);
  }

  private @Nullable CatalogueEntry like(Order order, @Nullable CatalogueEntry published)
      throws HubException {
    String like = order.like();
    if (like == null) {
      return published;
    }
    CatalogueEntry entry = around.catalogue().find(like);
    if (entry == null) {
      throw HubException.last(around.catalogue().unknown(like));
    }
    return entry;
  }

  private static String name(Order order, Path source, Optional<CatalogueEntry> published)
      throws HubException {
    String name = order.name();
    if (name == null && published.isPresent()) {
      return published.get().name();
    }
    if (name == null) {
      String stem = Bundle.stem(String.valueOf(source.getFileName())).toLowerCase(Locale.ROOT);
      String plain = stem.replaceAll("[^a-z0-9._-]", "-").replaceFirst("^[^a-z0-9]+", "");
      name = plain.length() > 41 ? plain.substring(0, 41) : plain;
    }
    if (!name.matches(ModelCache.NAME)) {
      throw HubException.last(
          "'"
              + name
              + "' is no name for a model: give --name with letters, digits, '.', '_' and '-', such"
              + " as --name my-model");
    }
    return name;
  }

  private CachedModel file(
      Path source, String name, Path place, Order order, @Nullable CatalogueEntry like)
      throws IOException {
    String weights = Bundle.plainName(String.valueOf(source.getFileName()));
    String sha = check(source, like);
    put(source, place, order.link());
    Bundle bundle = new Bundle(place);
    Vocabulary vocabulary = null;
    if (!weights.endsWith(".gguf") && !weights.endsWith(".skein")) {
      vocabulary = vocabularyFor(source, like, order.offline(), bundle);
    }
    bundle.describe(name, weights, like, vocabulary);
    return new CachedModel(
        name,
        place,
        weights,
        Files.size(source),
        sha,
        like == null ? null : like.licence(),
        source.toString());
  }

  /** The digest; a file that bears the name of a pinned one must have its content too. */
  private static String check(Path source, @Nullable CatalogueEntry like) throws IOException {
    String sha = Digests.sha256(source);
    if (like != null
        && like.pinned().path().equals(String.valueOf(source.getFileName()))
        && like.pinned().sha256() != null
        && !like.pinned().sha256().equals(sha)) {
      throw HubException.last(
          source
              + " is not what was published under that name: its SHA-256 is "
              + sha
              + " and should be "
              + like.pinned().sha256()
              + "; fetch it again, or rename it if it is a file of your own");
    }
    return sha;
  }

  /** The vocabulary that now lies with the weights, or null. */
  private @Nullable Vocabulary vocabularyFor(
      Path source, @Nullable CatalogueEntry like, boolean offline, Bundle bundle)
      throws IOException {
    Vocabularies vocabularies = new Vocabularies(around, cache, notes);
    for (Vocabulary vocabulary : around.catalogue().vocabularies().values()) {
      Path beside = source.resolveSibling(vocabulary.file());
      if (!vocabularies.has(vocabulary) && Vocabularies.is(beside, vocabulary)) {
        vocabularies.take(beside, vocabulary);
      }
    }
    try (HubClient client = new HubClient(around.hub(offline))) {
      if (like == null) {
        vocabularies.tryToGet("world", client); // the loader takes what fits the weights
        return null;
      }
      bundle.place(vocabularies.get(like.vocabulary(), client));
      return like.vocabulary();
    } catch (HubException e) {
      notes.say(
          like == null
              ? String.valueOf(e.getMessage())
              : Vocabularies.absent(like.vocabulary(), e));
      return null;
    }
  }

  private CachedModel folder(Path source, String name, Path place, Order order) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(source)) {
      files = all.filter(Files::isRegularFile).limit(FILES_MAX + 1L).sorted().toList();
    }
    if (files.isEmpty() || files.size() > FILES_MAX) {
      throw HubException.last(
          source
              + " is no model folder: it has "
              + (files.isEmpty() ? "no" : "too many")
              + " files");
    }
    long bytes = 0;
    for (Path file : files) {
      put(file, place, order.link());
      bytes += Files.size(file);
    }
    return new CachedModel(name, place, null, bytes, null, null, source.toString());
  }

  private void put(Path source, Path place, boolean link) throws IOException {
    Path target = place.resolve(Bundle.plainName(String.valueOf(source.getFileName())));
    if (link) {
      Files.deleteIfExists(target);
      Files.createSymbolicLink(target, source);
      return;
    }
    long bytes = Files.size(source);
    long usable = around.space().usable(place);
    if (usable < bytes + SPACE_LEFT) {
      throw HubException.last(
          "not enough room for "
              + source
              + ": "
              + Sizes.of(bytes + SPACE_LEFT)
              + " are needed and "
              + Sizes.of(usable)
              + " are free in "
              + place
              + "; make room, or take a link with --link");
    }
    Path fresh = target.resolveSibling(target.getFileName() + ".part");
    Files.copy(source, fresh, StandardCopyOption.REPLACE_EXISTING);
    Files.move(fresh, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }
}
