package dev.skein.cli.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.cli.cache.ModelNames;
import dev.skein.cli.cache.TestShelf;
import dev.skein.model.Model;
import dev.skein.model.Quantization;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code --model} finds; the demo model plays a published one. */
class ModelOptionsTest {
  private static final Path DEMO =
      Path.of(System.getProperty("skein.home"), "ops/models/skein-demo-9m");

  @TempDir Path home;
  private final StringWriter said = new StringWriter();
  private final PrintWriter err = new PrintWriter(said, true);
  private TestShelf shelf;

  @BeforeEach
  void start() throws IOException {
    shelf = new TestShelf(home);
    shelf.vocabulary(
        "world",
        "rwkv_vocab_v20230424.txt",
        Files.readAllBytes(DEMO.resolve("skein_demo_vocab.txt")));
    shelf.hub.publish(
        TestShelf.REPOSITORY,
        TestShelf.WEIGHTS,
        Files.readAllBytes(DEMO.resolve("model.safetensors")));
  }

  @AfterEach
  void stop() {
    shelf.close();
  }

  @Test
  void aNameIsFetchedOnceAndLoadedWithItsTemplateAndVocabulary() throws IOException {
    try (Model model = options("g1:0.4b").openModel(err)) {
      assertThat(model.name()).isEqualTo("g1:0.4b");
      assertThat(model.contextTrained()).isEqualTo(8192);
      assertThat(model.tokenizerOrNull()).isNotNull();
    }
    assertThat(said.toString()).contains("fetching hf://").contains("Apache-2.0");
    assertThat(home.resolve("models/g1-0.4b/prepared/int8.skein")).exists();
    int requests = shelf.hub.seen().size();
    try (Model again = options("g1:0.4b").openModel(err)) {
      assertThat(again.tokenizerOrNull()).isNotNull();
    }
    try (Model model = options("bird=g1:0.4b").openModel(err, Quantization.FP32)) {
      assertThat(model.name()).isEqualTo("bird");
    }
    assertThat(shelf.hub.seen()).hasSize(requests);
  }

  @Test
  void anAddressIsFetchedToo() throws IOException {
    String address = "hf://" + TestShelf.REPOSITORY + "/" + TestShelf.WEIGHTS;
    Path first = options(address).path(err);
    assertThat(first.resolve(TestShelf.WEIGHTS)).exists();
    assertThat(options("x=" + address).path(err)).isEqualTo(first);
    assertThat(options("x=" + address).name()).isEqualTo("x");
    assertThat(options("https://host/x?a=b").name()).isNull();
  }

  @Test
  void pathsComeFirstAndWithAnotherName() throws IOException {
    assertThat(options(DEMO.toString()).path(err)).isEqualTo(DEMO);
    assertThat(options("bird=" + DEMO).path(err)).isEqualTo(DEMO);
    assertThat(options("bird=" + DEMO).name()).isEqualTo("bird");
    Path odd = Files.createDirectory(home.resolve("a=b"));
    assertThat(options(odd.toString()).path(err)).isEqualTo(odd);
    assertThat(options(odd.toString()).name()).isNull();
    assertThat(shelf.hub.seen()).isEmpty();
  }

  @Test
  void whatIsServedTwiceIsLoadedOnceAndAllShareTheirThreads() throws IOException {
    Path copy = Files.createDirectory(home.resolve("copy"));
    try (Stream<Path> files = Files.list(DEMO)) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(DEMO.relativize(file)));
      }
    }
    try (SharedModels models = new SharedModels(options("unused"), err)) {
      Model one = models.open("bird=" + DEMO);
      Model other = models.open(copy.toString());
      assertThat(models.open(DEMO.toString())).isSameAs(one).isNotSameAs(other);
      assertThat(one.name()).as("its own").isEqualTo("skein-demo-9m");
      assertThat(other.rwkv().workers()).isSameAs(one.rwkv().workers());
    }
  }

  @Test
  void whatIsNotThereIsOneSentence() {
    ModelOptions offline = options("g1:0.4b");
    offline.offline = true;
    assertThatThrownBy(() -> offline.path(err)).hasMessageContaining("--offline");
    assertThatThrownBy(() -> options("g1:0.3b").path(err)).hasMessageContaining("g1:0.4b");
    assertThatThrownBy(() -> options("/nowhere/x.pth").path(err))
        .hasMessageContaining("there is no model at /nowhere/x.pth");
    assertThat(shelf.hub.seen()).isEmpty();
  }

  private ModelOptions options(String model) {
    ModelOptions options = new ModelOptions(new ModelNames(shelf.surroundings()));
    options.model = model;
    return options;
  }
}
