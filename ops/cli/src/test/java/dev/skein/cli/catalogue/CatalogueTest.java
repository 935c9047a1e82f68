package dev.skein.cli.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.cli.hub.RemoteFile;
import dev.skein.model.text.ChatTemplate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CatalogueTest {
  private static final Catalogue CATALOGUE = Catalogue.standard();

  static Stream<CatalogueEntry> entries() {
    return CATALOGUE.entries().stream();
  }

  @Test
  void everyPromisedNameIsThere() {
    assertThat(entries().map(CatalogueEntry::name))
        .doesNotHaveDuplicates()
        .contains("g1:0.1b", "g1:0.4b", "g1:1.5b", "g1:2.9b", "g1:7.2b", "g1:13.3b")
        .contains("world7:0.1b", "world7:2.9b", "world6:1.6b", "world6:14b", "eagle:7b")
        .contains("world5:1.5b", "raven4:1.5b", "raven4:14b", "world4:0.1b")
        .contains("pile4:169m", "pile4:430m", "pile4:1.5b", "pile4:3b", "pile4:7b", "pile4:14b")
        .allMatch(Catalogue::looksLikeName);
  }

  @ParameterizedTest
  @MethodSource("entries")
  void anEntryAgreesWithItself(CatalogueEntry entry) {
    String pinned = entry.pinned().path();
    assertThat(entry.matches(pinned)).as(pinned).isTrue();
    assertThat(pinned.contains("ctx") ? entry.context(pinned) : entry.context())
        .isEqualTo(entry.context());
    assertThat(entry.repository()).matches("[\\w.-]+/[\\w.-]+");
    assertThat(entry.parameters()).isGreaterThan(2 * entry.embedding());
    if (entry.pinned().bytes() > 0) {
      assertThat((double) entry.pinned().bytes())
          .isBetween(1.98 * entry.parameters(), 2.02 * entry.parameters());
    }
    assertThat(ChatTemplate.of(entry.template()).stop()).isNotEmpty();
    assertThat(
            entries().filter(e -> e.matches(pinned) && e.repository().equals(entry.repository())))
        .as("entries that %s belongs to", pinned)
        .allMatch(e -> e.pinned().equals(entry.pinned()));
  }

  @Test
  void theNewestDateOfTheSizeIsTaken() {
    CatalogueEntry small = entry("g1:0.4b");
    List<RemoteFile> listing =
        Stream.of(
                "rwkv7-g1a-0.4b-20250905-ctx4096.pth",
                "rwkv7-g1d-0.4b-20260210-ctx8192.pth",
                "rwkv7-g1-0.4b-20250324-ctx4096.pth",
                "rwkv7-g1z-1.5b-20300101-ctx8192.pth",
                "rwkv7a-g1z-0.4b-20300101-ctx8192.pth",
                "rwkv7b-g1z-0.4b-20300101-ctx8192.pth",
                "rwkv7-g1z-0.4b-20301399-ctx8192.pth",
                "../rwkv7-g1z-0.4b-20300101-ctx8192.pth",
                "sub/rwkv7-g1z-0.4b-20300101-ctx8192.pth",
                "rwkv7-g1z-0.4b-20300101-ctx8192.pth/../../evil.pth",
                "rwkv7-g1z-0.4b-20300101-ctx8192.pth\n",
                "rwkv7-g1z-0.4b-20300101-ctx8192.pth.exe",
                "README.md")
            .map(name -> new RemoteFile(name, 1, null))
            .toList();
    assertThat(small.newest(listing).map(RemoteFile::path))
        .contains("rwkv7-g1d-0.4b-20260210-ctx8192.pth");
    assertThat(small.newest(listing.subList(3, listing.size()))).isEmpty();
  }

  @Test
  void unfinishedAndForeignVariantsAreNotTaken() {
    assertThat(
            entry("world4:7b")
                .matches("RWKV-4-World-7B-v1-OnlyForTest_84%_trained-20230618-ctx4096.pth"))
        .isFalse();
    assertThat(entry("world4:7b").matches("RWKV-4-World-CHNtuned-7B-v1-20230709-ctx4096.pth"))
        .isFalse();
    assertThat(
            entry("raven4:7b")
                .matches("Q8_0-RWKV-4-Raven-7B-v11x-Eng99%-Other1%-20230429-ctx8192.bin"))
        .isFalse();
    assertThat(
            entry("raven4:7b")
                .matches("RWKV-4-Raven-7B-v12-Eng49%-Chn49%-Jpn1%-Other1%-20230530-ctx8192.pth"))
        .isFalse();
    assertThat(entry("pile4:7b").matches("RWKV-4-Pile-7B-Instruct-test4-20230326.pth")).isFalse();
  }

  @Test
  void contextsAreReadFromNames() {
    CatalogueEntry entry = entry("world5:3b");
    assertThat(entry.context("RWKV-5-World-3B-v2-20231118-ctx16k.pth")).isEqualTo(16384);
    assertThat(entry.context("RWKV-5-World-3B-v2-20231113-ctx4096.pth")).isEqualTo(4096);
    assertThat(entry("pile4:169m").context("RWKV-4-Pile-169M-20220807-8023.pth")).isEqualTo(1024);
  }

  @Test
  void anUnknownNameIsAnsweredWithItsNeighbours() {
    assertThat(CATALOGUE.unknown("g1:0.5b")).contains("g1:0.4b").doesNotContain("pile4");
    assertThat(CATALOGUE.unknown("goose:1b")).contains("skein model list");
  }

  @Test
  void theVocabulariesArePinnedToThePublishedOnes() throws Exception {
    String data = System.getenv("SKEIN_TESTDATA");
    Assumptions.assumeTrue(data != null, "SKEIN_TESTDATA is not set");
    for (Vocabulary vocabulary : CATALOGUE.vocabularies().values()) {
      Path file = Path.of(data, "vocab", vocabulary.file());
      assertThat(file).hasSize(vocabulary.bytes());
      assertThat(sha256(file)).isEqualTo(vocabulary.sha256());
    }
  }

  private static String sha256(Path file) throws Exception {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
  }

  @Test
  void theHubStandsInOnePlace() throws IOException {
    String host = Objects.requireNonNull(CATALOGUE.hub().getHost());
    Path home = Path.of(System.getProperty("skein.home"));
    try (Stream<Path> files = Files.walk(home.resolve("ops/cli/src/main"))) {
      assertThat(files.filter(Files::isRegularFile).filter(f -> contains(f, host)))
          .containsExactly(
              home.resolve("ops/cli/src/main/resources/dev/skein/cli/catalogue/catalogue.json"));
    }
  }

  private static boolean contains(Path file, String text) {
    try {
      return Files.readString(file).contains(text);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static CatalogueEntry entry(String name) {
    return Objects.requireNonNull(CATALOGUE.find(name), name);
  }
}
