package dev.skein.cli.cache;

import dev.skein.cli.catalogue.Catalogue;
import dev.skein.cli.catalogue.CatalogueEntry;
import dev.skein.cli.catalogue.Vocabulary;
import dev.skein.cli.hub.Download;
import dev.skein.cli.hub.HubAddress;
import dev.skein.cli.hub.Listing;
import dev.skein.cli.hub.RemoteFile;
import dev.skein.cli.web.HubClient;
import dev.skein.cli.web.HubException;
import dev.skein.cli.web.HubException.Kind;
import dev.skein.cli.web.HubSettings;
import dev.skein.cli.web.Sizes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Fetches a model into the cache, or into a folder of the user's own. */
public final class ModelPull {
  private final Surroundings around;
  private final ModelCache cache;
  private final Notes notes;

  public ModelPull(Surroundings around, Notes notes) {
    this.around = around;
    this.cache = around.cache();
    this.notes = notes;
  }

  /**
   * What is wanted.
   *
   * @param reference a short name or an address
   * @param name to find it by, or null for the reference itself
   * @param like short name of the published model that it is to be used like, or null
   * @param sha256 that the weights must have, or null
   * @param folder to put it into instead of the cache, or null
   */
  public record Wish(
      String reference,
      @Nullable String name,
      @Nullable String like,
      @Nullable String sha256,
      @Nullable Path folder) {
    /** Just that model. */
    public static Wish of(String reference) {
      return new Wish(reference, null, null, null, null);
    }
  }

  /** A file and what is known about it. */
  private record Found(
      String name,
      String title,
      HubAddress address,
      RemoteFile file,
      @Nullable CatalogueEntry like) {
    String weights() {
      return Bundle.plainName(file.path());
    }

    /** GGUF and Skein's own files bring their vocabulary. */
    boolean selfContained() {
      return weights().endsWith(".gguf") || weights().endsWith(".skein");
    }
  }

  /**
   * Fetches a model, unless it is there already; what is there of an older date is replaced.
   *
   * @throws HubException with the sentence for the user
   */
  public CachedModel pull(Wish wish, boolean offline) throws IOException {
    try (HubClient client = new HubClient(around.hub(offline))) {
      Path folder = wish.folder();
      String name = wish.name() == null ? wish.reference() : wish.name();
      Path place = folder == null ? cache.folder(name) : folder.toAbsolutePath().normalize();
      CachedModel there = complete(place);
      if (client.settings().offline()) {
        return there != null ? there : notHere(wish.reference());
      }
      Found found = find(wish, name, client, there != null);
      if (found == null) {
        return Objects.requireNonNull(there, "kept, and not there");
      }
      try (FolderLock _ = FolderLock.take(place, around.pauses(), () -> notes.waiting(place))) {
        return fetch(found, place, client);
      }
    }
  }

  private CachedModel notHere(String reference) throws HubException {
    boolean address = HubAddress.looksLikeOne(reference);
    throw HubException.last(
        reference
            + " is not on this machine, and the network is not to be used (--offline or"
            + " SKEIN_OFFLINE); bring the file here and run: skein model import FILE"
            + (address ? "" : ", such as " + entry(reference).pinned().path()));
  }

  private static @Nullable CachedModel complete(Path place) throws IOException {
    CachedModel model = CachedModel.read(place);
    return model != null && model.complete() ? model : null;
  }

  /** Fetches a shared vocabulary alone. */
  public Path pullVocabulary(Vocabulary vocabulary, boolean offline) throws IOException {
    try (HubClient client = new HubClient(around.hub(offline))) {
      return new Vocabularies(around, cache, notes).get(vocabulary, client);
    }
  }

  /** The file to fetch; null means that the complete one that is there will do. */
  private @Nullable Found find(Wish wish, String name, HubClient client, boolean complete)
      throws IOException {
    HubSettings settings = client.settings();
    Catalogue catalogue = around.catalogue();
    CatalogueEntry like = wish.like() == null ? null : entry(wish.like());
    if (HubAddress.looksLikeOne(wish.reference())) {
      HubAddress address = HubAddress.parse(wish.reference(), settings);
      String last = address.file().substring(address.file().lastIndexOf('/') + 1);
      if (Bundle.namesText(last)) {
        throw HubException.last(wish.reference() + " is no file of weights");
      }
      Optional<CatalogueEntry> known = catalogue.ofFile(last, address.repository());
      RemoteFile file = new RemoteFile(address.file(), 0, wish.sha256());
      String title = wish.name() == null ? Bundle.stem(last) : wish.name();
      return new Found(name, title, address, file, like == null ? known.orElse(null) : like);
    }
    CatalogueEntry entry = entry(wish.reference());
    RemoteFile file = newest(entry, client, complete);
    if (file == null) {
      return null;
    }
    if (wish.sha256() == null) {
      requirePinned(entry, file);
    }
    String sha = wish.sha256() == null ? file.sha256() : wish.sha256();
    return new Found(
        name,
        name,
        HubAddress.of(entry.repository(), file.path(), settings),
        new RemoteFile(file.path(), file.bytes(), sha),
        like == null ? entry : like);
  }

  private CatalogueEntry entry(String name) throws HubException {
    CatalogueEntry entry = around.catalogue().find(name);
    if (entry == null) {
      throw HubException.last(around.catalogue().unknown(name));
    }
    return entry;
  }

  /** A published file never changes: under the pinned name only the pinned content is taken. */
  private static void requirePinned(CatalogueEntry entry, RemoteFile file) throws HubException {
    RemoteFile pinned = entry.pinned();
    String declared = file.sha256();
    if (file.path().equals(pinned.path())
        && declared != null
        && pinned.sha256() != null
        && !declared.equals(pinned.sha256())) {
      throw HubException.last(
          "%s is not the file that was published: the catalogue has pinned the SHA-256 %s, and the hub declares %s; if you know why, take it with --sha256 %s"
              .formatted(file.path(), pinned.sha256(), declared, declared));
    }
  }

  private @Nullable RemoteFile newest(CatalogueEntry entry, HubClient client, boolean complete)
      throws IOException {
    String trouble;
    try {
      Listing listing = new Listing(client, around.pauses());
      Optional<RemoteFile> newest = entry.newest(listing.files(entry.repository()));
      if (newest.isPresent()) {
        return newest.get();
      }
      trouble = "the hub's repository " + entry.repository() + " lists no file of " + entry.name();
    } catch (HubException e) {
      if (!complete && e.kind() == Kind.UNREACHABLE) {
        throw HubException.last(e.getMessage() + ", such as " + entry.pinned().path());
      }
      trouble = String.valueOf(e.getMessage());
    }
    notes.say(
        trouble
            + "; "
            + (complete ? "keeping what is here" : "taking " + entry.pinned().path() + " instead"));
    return complete ? null : entry.pinned();
  }

  private CachedModel fetch(Found found, Path place, HubClient client) throws IOException {
    CachedModel whole = complete(place);
    if (whole != null && same(whole, found)) {
      return whole;
    }
    CachedModel there = CachedModel.read(place);
    if (there != null && !there.name().equals(found.name())) {
      throw HubException.last(
          place + " holds the model '" + there.name() + "'; take another name, or remove it first");
    }
    Bundle bundle = new Bundle(place);
    CatalogueEntry like = found.like();
    notes.say(announcement(found));
    Vocabulary vocabulary = like == null || found.selfContained() ? null : like.vocabulary();
    if (vocabulary != null) {
      bundle.place(new Vocabularies(around, cache, notes).get(vocabulary, client));
    } else if (!found.selfContained()) {
      // The loader takes from the cache what fits the weights; World fits most of what is about.
      new Vocabularies(around, cache, notes).tryToGet("world", client);
    }
    Path weights = place.resolve(found.weights());
    RemoteFile file = found.file();
    String sha;
    try (var bar = notes.bar(found.weights())) {
      Download download = new Download(client, around.pauses(), around.space());
      sha =
          download.fetch(
              new Download.Order(found.address().uri(), weights, file.bytes(), file.sha256()), bar);
    }
    bundle.describe(found.title(), found.weights(), like, vocabulary);
    CachedModel model =
        new CachedModel(
            found.name(),
            place,
            found.weights(),
            Files.size(weights),
            sha,
            like == null ? null : like.licence(),
            found.address().shown());
    model.write();
    forget(there, model);
    return model;
  }

  private static boolean same(CachedModel there, Found found) {
    String sha = found.file().sha256();
    return there.name().equals(found.name())
        && found.weights().equals(there.weights())
        && (sha == null || sha.equals(there.sha256()));
  }

  /** The one line that says what is about to come. */
  private static String announcement(Found found) {
    CatalogueEntry like = found.like();
    long bytes = found.file().bytes();
    if (bytes == 0 && like != null && like.matches(found.file().path())) {
      bytes = like.download();
    }
    return "fetching "
        + found.address().shown()
        + " ("
        + (bytes > 0 ? "about " + Sizes.of(bytes) + ", " : "")
        + "licence "
        + (like == null ? "as its page says" : like.licence())
        + ")";
  }

  /** Deletes the weights that newer ones have replaced, and what was made of them. */
  private static void forget(@Nullable CachedModel old, CachedModel model) throws IOException {
    if (old == null || old.weights() == null) {
      return;
    }
    if (!old.weights().equals(model.weights())) {
      Files.deleteIfExists(model.folder().resolve(old.weights()));
    }
    Path prepared = model.folder().resolve(Preparation.FOLDER);
    if (Files.isDirectory(prepared)) {
      try (Stream<Path> files = Files.walk(prepared)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
