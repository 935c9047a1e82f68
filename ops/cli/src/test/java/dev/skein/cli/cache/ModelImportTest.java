package dev.skein.cli.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.model.bundle.ModelBundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelImportTest {
  private static final Path MODEL =
      Path.of(System.getProperty("skein.home"), "ops/models/skein-demo-9m/model.safetensors");

  @TempDir Path home;
  @TempDir Path elsewhere;
  private TestShelf shelf;

  @BeforeEach
  void start() throws IOException {
    shelf = new TestShelf(home);
  }

  @AfterEach
  void stop() {
    shelf.close();
  }

  @Test
  void aFileThatIsCalledLikeAPublishedOneBecomesThatModel() throws IOException {
    Path file = model(TestShelf.WEIGHTS);
    ModelImport.Taken taken = take(file, null, null, false);
    assertThat(taken.name()).isEqualTo("g1:0.4b");
    ModelBundle bundle = ModelBundle.find(taken.place());
    assertThat(bundle.weights()).hasSameBinaryContentAs(file);
    assertThat(bundle.contextTrained()).isEqualTo(8192);
    assertThat(bundle.description().vocabulary()).isNotNull();
    assertThat(file).exists();
  }

  @Test
  void withoutANetworkTheVocabularyMayComeLater() throws IOException {
    byte[] words = "1 'a' 1\n2 'b' 1\n".getBytes(UTF_8);
    shelf.environment("SKEIN_OFFLINE", "1");
    Path file = model(TestShelf.WEIGHTS);
    Path place = take(file, null, null, false).place();
    assertThat(shelf.err.toString()).contains("skein model import rwkv_vocab_v20230424.txt");
    Path vocabulary = Files.write(elsewhere.resolve("words.bin"), words);
    assertThat(take(vocabulary, null, null, false).name()).isEqualTo("vocabulary:world");
    assertThat(ModelBundle.find(place).description().vocabulary())
        .isEqualTo("rwkv_vocab_v20230424.txt");
    assertThat(place.resolve("rwkv_vocab_v20230424.txt")).hasBinaryContent(words);
  }

  @Test
  void aVocabularyThatLiesBesideIsTaken() throws IOException {
    shelf.environment("SKEIN_OFFLINE", "1");
    Files.write(
        elsewhere.resolve("rwkv_vocab_v20230424.txt"), "1 'a' 1\n2 'b' 1\n".getBytes(UTF_8));
    Path file = model("my Model.pth");
    ModelImport.Taken taken = take(file, null, null, false);
    assertThat(taken.name()).isEqualTo("my-model");
    assertThat(home.resolve("models/vocabularies/rwkv_vocab_v20230424.txt")).exists();
    assertThat(shelf.err.toString()).isEmpty();
  }

  @Test
  void aFineTunedModelRemembersTheTemplateThatItWasTunedWith() throws IOException {
    Path file = model("tuned.pth");
    Path place = take(file, "bob", "raven4:3b", false).place();
    assertThat(place).isEqualTo(home.resolve("models/bob"));
    assertThat(Files.readString(place.resolve("config.json")))
        .contains("Alice:", "20B_tokenizer.json");
  }

  @Test
  void aFolderIsTakenAsItIs() throws IOException {
    Files.writeString(elsewhere.resolve("config.json"), "{\"name\":\"theirs\"}");
    model("model.safetensors");
    Path place = take(elsewhere, "bird", null, false).place();
    assertThat(place.resolve("config.json")).hasContent("{\"name\":\"theirs\"}");
    assertThat(ModelBundle.find(place).weights()).hasSameBinaryContentAs(MODEL);
    assertThat(new ModelNames(shelf.surroundings()).resolve("bird", true, shelf.notes()))
        .isEqualTo(place);
  }

  @Test
  void aLinkCostsNoRoom() throws IOException {
    shelf.space(0);
    Path file = model("big.gguf");
    assertThatThrownBy(() -> take(file, null, null, false)).hasMessageContaining("--link");
    shelf.surroundings().cache().remove("big");
    Path place = take(file, null, null, true).place();
    assertThat(place.resolve("big.gguf")).isSymbolicLink().hasSameBinaryContentAs(MODEL);
    shelf.surroundings().cache().remove("big");
    assertThat(file).exists();
    assertThat(place).doesNotExist();
  }

  @Test
  void nothingIsOverwritten() throws IOException {
    Path file = model("one.gguf");
    take(file, null, null, false);
    assertThatThrownBy(() -> take(file, null, null, false))
        .hasMessageContaining("skein model remove one");
    assertThatThrownBy(() -> take(file, "../x", null, false)).hasMessageContaining("is no name");
    assertThatThrownBy(() -> take(file, "two", "g9:1b", false))
        .hasMessageContaining("there is no model");
    Path text = Files.writeString(elsewhere.resolve("README.md"), "# A model");
    assertThatThrownBy(() -> take(text, null, null, false)).hasMessageContaining("neither");
    assertThatThrownBy(() -> take(elsewhere.resolve("nothing"), null, null, false))
        .hasMessageContaining("there is no file");
    assertThatThrownBy(() -> shelf.surroundings().cache().remove(".."))
        .hasMessageContaining("no model");
    assertThatThrownBy(() -> shelf.surroundings().cache().remove("vocabularies"))
        .hasMessageContaining("no model");
  }

  @Test
  void whatIsNoModelIsRefusedInTheLoadersWords() throws IOException {
    Path zeros = Files.write(elsewhere.resolve("zeros.pth"), new byte[500]);
    assertThatThrownBy(() -> take(zeros, null, null, false))
        .hasMessageContaining("zeros.pth")
        .hasMessageContaining("fetch it again");
    Path web = Files.writeString(elsewhere.resolve("page.gguf"), "<!doctype html><html>");
    assertThatThrownBy(() -> take(web, null, null, true)).hasMessageContaining("page.gguf");
    assertThat(shelf.surroundings().cache().all()).isEmpty();
  }

  /** A whole model, under that name: its format is told by its content. */
  private Path model(String name) throws IOException {
    return Files.copy(MODEL, elsewhere.resolve(name));
  }

  private ModelImport.Taken take(
      Path file, @Nullable String name, @Nullable String like, boolean link) throws IOException {
    return new ModelImport(shelf.surroundings(), shelf.notes())
        .take(new ModelImport.Order(file, name, like, link, false));
  }
}
