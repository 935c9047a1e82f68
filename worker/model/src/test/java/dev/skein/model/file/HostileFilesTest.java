package dev.skein.model.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files made to harm: each is refused with one clean sentence, and none is ever executed or
 * written.
 */
class HostileFilesTest {
  /** Sound as files; what is wrong with them is for the weight map to say. */
  private static final Set<String> WRONG_MODELS =
      Set.of(
          "pth-missing-tensor.pth",
          "pth-missing-head.pth",
          "pth-shape-mismatch.pth",
          "pth-emb-1d.pth",
          "pth-layer-gap.pth",
          "pth-v8-rosa.pth");

  @Test
  void everyFileOfTheManifestDoesWhatIsExpected() throws IOException {
    Path folder = TestFolders.shared("hostile");
    int seen = 0;
    for (JsonNode entry : new ObjectMapper().readTree(folder.resolve("manifest.json").toFile())) {
      Path file = folder.resolve(entry.get("file").asText());
      String expected = expected(entry);
      if (expected.equals("load")) {
        readAll(file);
      } else if (expected.equals("reject")) {
        assertRefused(file);
      } else {
        readOrRefuse(file);
      }
      if (entry.has("marker")) {
        assertThat(Path.of(entry.get("marker").asText())).doesNotExist();
      }
      seen++;
    }
    assertThat(seen).isGreaterThan(110);
    assertThat(Path.of("/tmp/skein-zip-slip")).doesNotExist();
  }

  private static String expected(JsonNode entry) {
    String file = entry.get("file").asText();
    if (file.endsWith(".gguf") || file.endsWith(".bin") || file.startsWith("hf-")) {
      return "reject";
    }
    return WRONG_MODELS.contains(file) ? "load" : entry.get("expect").asText();
  }

  @ParameterizedTest
  @MethodSource("ownFiles")
  void theProjectsOwnSamples(Path file) throws IOException {
    if (file.getFileName().toString().startsWith("ok-")) {
      readAll(file);
    } else {
      assertRefused(file);
    }
  }

  static Stream<Path> ownFiles() throws IOException {
    try (Stream<Path> files = Files.list(TestFolders.resources("hostile"))) {
      return files.sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "pth-pickle-os-system.pth, 'posix.system', which is refused",
        "pth-pickle-stackglobal.pth, 'builtins.exec', which is refused",
        "pth-pickle-huge-string.pth, a text of 1152921504606846976 bytes",
        "pth-short-storage.pth, tensor 'emb.weight' needs 384 elements",
        "pth-truncated-half.pth, no zip directory at its end",
        "st-overlap.safetensors, 'blocks.0.ln0.bias' overlaps another tensor",
        "st-duplicate-key.safetensors, Duplicate field 'emb.weight'",
        "st-shape-overflow.safetensors, the shape of 'emb.weight' is too large",
        "st-header-max.safetensors, claims 18446744073709551615 of 14196 bytes",
      })
  void theFaultIsNamed(String name, String fault) {
    assertThatThrownBy(() -> ModelFile.open(own(name)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(fault);
  }

  @ParameterizedTest
  @ValueSource(strings = {"no-such-file.pth", "."})
  void whatIsNoFileIsSaidSo(String name) {
    Path file = own(name);
    assertThatThrownBy(() -> ModelFile.open(file))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageMatching(".*(no such file|folder).*");
  }

  private static Path own(String name) {
    return TestFolders.resources("hostile").resolve(name);
  }

  static void assertRefused(Path file) {
    assertThatThrownBy(() -> ModelFile.open(file).close())
        .as(file.toString())
        .isInstanceOfSatisfying(
            ModelFormatException.class,
            e ->
                assertThat(e.getMessage())
                    .startsWith(file + ": ")
                    .contains("; ")
                    .hasSizeLessThan(400)
                    .doesNotContain("\n"));
  }

  private static void readAll(Path path) throws IOException {
    try (ModelFile file = ModelFile.open(path)) {
      assertThat(file.names()).isNotEmpty();
      for (String name : file.names()) {
        Tensor tensor = file.require(name);
        tensor.read(new float[(int) tensor.elements()]);
      }
    }
  }

  private static void readOrRefuse(Path path) throws IOException {
    try {
      readAll(path);
    } catch (ModelFormatException e) {
      assertRefused(path);
    }
  }
}
