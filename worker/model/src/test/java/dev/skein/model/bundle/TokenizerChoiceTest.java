package dev.skein.model.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import dev.skein.model.file.TestFolders;
import dev.skein.model.text.Tokenizer;
import dev.skein.model.text.bpe.TinyBpe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SequencedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerChoiceTest {
  @TempDir Path folder;

  /** As much of a model's file as the choice looks at. */
  private record Weights(Path path, int rows, List<byte[]> vocabulary) implements ModelFile {
    @Override
    public String format() {
      return "memory";
    }

    @Override
    public SequencedSet<String> names() {
      return new TreeSet<>(List.of("emb.weight"));
    }

    @Override
    public @Nullable Tensor find(String name) {
      return name.equals("emb.weight") ? Tensor.of(name, new float[rows], rows, 1) : null;
    }

    @Override
    public void close() {}
  }

  private @Nullable Tokenizer choose(int rows, @Nullable Path given, Path... places)
      throws IOException {
    return choose(new Weights(folder.resolve("m.pth"), rows, List.of()), given, places);
  }

  private static @Nullable Tokenizer choose(Weights weights, @Nullable Path given, Path... places)
      throws IOException {
    ModelBundle bundle = ModelBundle.find(weights.path());
    return TokenizerChoice.choose(bundle, weights, given, List.of(places));
  }

  private static String kind(@Nullable Tokenizer tokenizer) {
    return tokenizer == null ? "none" : tokenizer.name() + " " + tokenizer.vocabularySize();
  }

  private static Path demo() {
    return TestFolders.demoModel().resolve("skein_demo_vocab.txt");
  }

  private Path world(String name) throws IOException {
    return Files.copy(demo(), folder.resolve(name));
  }

  @Test
  void takesTheFirstPlaceThatHasOne() throws IOException {
    Path other = Files.createDirectory(folder.resolve("cache"));
    assertThat(kind(choose(65536, null, other))).isEqualTo("none");
    Path cached = world("cache/rwkv_vocab_v20230424.txt");
    assertThat(kind(choose(65536, null, other))).isEqualTo("rwkv-world 4096");
    assertThat(kind(choose(65536, null, cached))).isEqualTo("rwkv-world 4096");
    Files.writeString(
        folder.resolve("my_vocab.txt"), Files.readString(demo()) + "4096 'an extra word' 13\n");
    assertThat(kind(choose(65536, null, other))).isEqualTo("rwkv-world 4097");
    Weights own =
        new Weights(
            folder.resolve("m.pth"), 65536, List.of(new byte[0], new byte[] {1}, new byte[] {2}));
    assertThat(kind(choose(own, null, other))).isEqualTo("rwkv-world 3");
    assertThat(kind(choose(own, cached, other))).isEqualTo("rwkv-world 4096");
  }

  @Test
  void rowsTellWhichOfSeveralItIs() throws IOException {
    world("rwkv_vocab_v20230424.txt");
    TinyBpe.write(folder.resolve("tokenizer.json"), 300);
    assertThat(kind(choose(65536, null))).isEqualTo("rwkv-world 4096");
    assertThat(kind(choose(50277, null))).isEqualTo("gpt-neox 300");
    assertThat(kind(choose(50304, null))).isEqualTo("gpt-neox 300");
    assertThat(kind(choose(4096, null))).isEqualTo("rwkv-world 4096");
    assertThat(kind(choose(512, null))).isEqualTo("gpt-neox 300");
    assertThatThrownBy(() -> choose(256, null))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("ids up to 4095, but the model knows only 256");
  }

  @Test
  void refusesTheVocabularyOfTheOtherKind() throws IOException {
    Path neox = TinyBpe.write(folder.resolve("20B_tokenizer.json"), 300);
    Path world = world("x.txt");
    assertThatThrownBy(() -> choose(65536, null))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(
            "this is a GPT-NeoX vocabulary, but the 65536 tokens of the model m are those of the"
                + " World one; give the vocabulary that belongs to the model with --tokenizer FILE:"
                + " rwkv_vocab");
    assertThatThrownBy(() -> choose(65536, neox)).hasMessageContaining("GPT-NeoX vocabulary");
    assertThatThrownBy(() -> choose(50277, world))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("this is a World vocabulary, but the 50277 tokens")
        .hasMessageEndingWith("20B_tokenizer.json");
    // what lies in a cache was meant for other models too
    Files.delete(neox);
    assertThat(kind(choose(50277, null, world))).isEqualTo("none");
    assertThat(kind(choose(256, null, world))).isEqualTo("none");
  }

  @Test
  void knowsThePublishedVocabularies() throws IOException {
    Path vocabularies = TestFolders.shared("vocab");
    Path world = vocabularies.resolve("rwkv_vocab_v20230424.txt");
    Path neox = vocabularies.resolve("20B_tokenizer.json");
    assertThat(kind(choose(65536, world))).isEqualTo("rwkv-world 65530");
    assertThat(kind(choose(50277, neox))).isEqualTo("gpt-neox 50277");
    assertThat(kind(choose(50304, null, vocabularies))).isEqualTo("gpt-neox 50277");
    assertThat(kind(choose(65536, null, vocabularies))).isEqualTo("rwkv-world 65530");
    assertThatThrownBy(() -> choose(50277, world)).hasMessageContaining("World vocabulary");
    assertThatThrownBy(() -> choose(65536, neox)).hasMessageContaining("GPT-NeoX vocabulary");
    assertThatThrownBy(() -> choose(40000, neox)).hasMessageContaining("ids up to 50276");
  }

  @Test
  void saysHowToGetOne() {
    assertThat(TokenizerChoice.absent(Path.of("m.pth"), 65536))
        .contains("m.pth: the model has no vocabulary", "rwkv_vocab_v20230424.txt", "--tokenizer");
    assertThat(TokenizerChoice.absent(Path.of("m.pth"), 50277)).contains("20B_tokenizer.json");
  }
}
