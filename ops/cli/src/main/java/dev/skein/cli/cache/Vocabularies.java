package dev.skein.cli.cache;

import dev.skein.cli.catalogue.Vocabulary;
import dev.skein.cli.hub.Digests;
import dev.skein.cli.hub.Download;
import dev.skein.cli.hub.HubAddress;
import dev.skein.cli.web.HubClient;
import dev.skein.cli.web.HubException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** The vocabularies that published models share: each fetched once, and only the pinned bytes. */
final class Vocabularies {
  private final Surroundings around;
  private final ModelCache cache;
  private final Notes notes;

  Vocabularies(Surroundings around, ModelCache cache, Notes notes) {
    this.around = around;
    this.cache = cache;
    this.notes = notes;
  }

  /** Where a vocabulary is, or will be. */
  Path place(Vocabulary vocabulary) {
    return cache.vocabularies().resolve(vocabulary.file());
  }

  /** Whether it is there, and is what it should be. */
  boolean has(Vocabulary vocabulary) throws IOException {
    return is(place(vocabulary), vocabulary);
  }

  /** Whether a file is that vocabulary, whatever it is called. */
  static boolean is(Path file, Vocabulary vocabulary) throws IOException {
    return Files.isRegularFile(file)
        && Files.size(file) == vocabulary.bytes()
        && Digests.sha256(file).equals(vocabulary.sha256());
  }

  /** Takes a file of this machine, which {@link #is} one. */
  Path take(Path file, Vocabulary vocabulary) throws IOException {
    Files.createDirectories(cache.vocabularies());
    Path place = place(vocabulary);
    Path fresh = place.resolveSibling(place.getFileName() + ".new");
    Files.copy(file, fresh, StandardCopyOption.REPLACE_EXISTING);
    Files.move(fresh, place, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    return place;
  }

  /**
   * Sees to it that a vocabulary is there.
   *
   * @throws HubException if no source has it
   */
  Path get(Vocabulary vocabulary, HubClient client) throws IOException {
    Path place = place(vocabulary);
    try (FolderLock _ =
        FolderLock.take(cache.vocabularies(), around.pauses(), () -> notes.waiting(place))) {
      if (is(place, vocabulary)) {
        return place;
      }
      fetch(vocabulary, place, client);
      return place;
    }
  }

  /** Likewise for a model that may need another one, or none: if it fails, that is only said. */
  void tryToGet(String name, HubClient client) throws IOException {
    Vocabulary vocabulary = around.catalogue().vocabularies().get(name);
    if (vocabulary == null || has(vocabulary)) {
      return;
    }
    try {
      get(vocabulary, client);
    } catch (HubException e) {
      notes.say(absent(vocabulary, e));
    }
  }

  static String absent(Vocabulary vocabulary, HubException why) {
    return why.getMessage()
        + "; without it there is no text: get the file by other means and run: skein model import "
        + vocabulary.file();
  }

  private void fetch(Vocabulary vocabulary, Path place, HubClient client) throws IOException {
    Download download = new Download(client, around.pauses(), around.space());
    List<String> troubles = new ArrayList<>();
    for (String source : vocabulary.sources()) {
      HubAddress address = HubAddress.parse(source, client.settings());
      try (var bar = notes.bar(vocabulary.file())) {
        download.fetch(
            new Download.Order(address.uri(), place, vocabulary.bytes(), vocabulary.sha256()), bar);
        return;
      } catch (HubException e) {
        troubles.add(String.valueOf(e.getMessage()));
      }
    }
    throw HubException.last(
        "the vocabulary "
            + vocabulary.file()
            + " is not to be had: "
            + String.join("; ", troubles));
  }
}
