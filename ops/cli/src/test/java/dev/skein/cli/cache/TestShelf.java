package dev.skein.cli.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.skein.cli.catalogue.Catalogue;
import dev.skein.cli.catalogue.CatalogueEntry;
import dev.skein.cli.catalogue.Vocabulary;
import dev.skein.cli.hub.FakeHub;
import dev.skein.cli.hub.RemoteFile;
import dev.skein.cli.web.RecordedPauses;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The published catalogue on a hub of the test: its short names, patterns and templates, but small
 * files, and vocabularies of the test's own making. No test asks a real server.
 */
public final class TestShelf implements AutoCloseable {
  /** The file that the test's hub has of {@code g1:0.4b}. */
  public static final String WEIGHTS = "rwkv7-g1d-0.4b-20260210-ctx8192.pth";

  /** Its repository. */
  public static final String REPOSITORY = "BlinkDL/rwkv7-g1";

  /** What is said on standard error. */
  public final StringWriter err = new StringWriter();

  public final FakeHub hub = new FakeHub();
  public final RecordedPauses pauses = new RecordedPauses();
  private final Map<String, String> environment = new HashMap<>();
  private final Map<String, Vocabulary> vocabularies = new HashMap<>();
  private @Nullable String pinnedDigest;
  private long space = 1L << 40;

  public TestShelf(Path home) throws IOException {
    environment.put("SKEIN_HOME", home.toString());
    vocabulary("world", "rwkv_vocab_v20230424.txt", "1 'a' 1\n2 'b' 1\n".getBytes(UTF_8));
    vocabulary("neox", "20B_tokenizer.json", "{\"model\":{}}".getBytes(UTF_8));
  }

  /** Puts a vocabulary onto the hub, and its digest into the catalogue. */
  public void vocabulary(String name, String file, byte[] content) {
    hub.publish("bird/words", file, content);
    vocabularies.put(
        name,
        new Vocabulary(
            name,
            name,
            file,
            content.length,
            FakeHub.sha256(content),
            List.of("hf://bird/nothing/" + file, "hf://bird/words/" + file)));
  }

  public void environment(String variable, String value) {
    environment.put(variable, value);
  }

  /** Every entry of the catalogue has pinned that digest. */
  void pinnedDigest(String sha256) {
    pinnedDigest = sha256;
  }

  public void space(long bytes) {
    space = bytes;
  }

  public Surroundings surroundings() {
    Catalogue standard = Catalogue.standard();
    List<CatalogueEntry> entries = standard.entries().stream().map(this::entry).toList();
    Catalogue catalogue = new Catalogue(hub.uri(), hub.uri(), vocabularies, entries);
    return new Surroundings(
        () -> catalogue, environment, RecordedPauses.PATIENCE, pauses, folder -> space);
  }

  private CatalogueEntry entry(CatalogueEntry e) {
    return new CatalogueEntry(
        e.name(),
        e.title(),
        e.version(),
        e.repository(),
        e.pattern(),
        new RemoteFile(e.pinned().path(), 0, pinnedDigest),
        e.licence(),
        Objects.requireNonNull(vocabularies.get(e.vocabulary().name())),
        e.template(),
        e.sampling(),
        e.parameters(),
        e.embedding(),
        e.context());
  }

  public Notes notes() {
    return new Notes(new PrintWriter(err, true), false);
  }

  ModelPull pull() {
    return new ModelPull(surroundings(), notes());
  }

  CachedModel pull(String reference) throws IOException {
    return pull().pull(ModelPull.Wish.of(reference), false);
  }

  @Override
  public void close() {
    hub.close();
  }
}
