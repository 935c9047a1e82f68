package dev.skein.model.text.bpe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.TestFolders;
import dev.skein.model.text.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BpeTokenizerTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @Test
  void encodesAndDecodesEveryNeoxVector() throws IOException {
    Tokenizer neox = neox();
    int seen = 0;
    for (String line : Files.readAllLines(TestFolders.shared("tokenizer/neox.jsonl"))) {
      JsonNode vector = JSON.readTree(line);
      assertThat(neox.encode(vector.get("text").asText())).as(line).isEqualTo(ids(vector));
      assertThat(text(neox, ids(vector))).as(line).isEqualTo(vector.get("decoded").asText());
      seen++;
    }
    assertThat(seen).isEqualTo(162);
  }

  @Test
  void decodesArbitraryIdsOfTheNeoxVectors() throws IOException {
    Tokenizer neox = neox();
    int seen = 0;
    for (String line : Files.readAllLines(TestFolders.shared("tokenizer/neox-decode.jsonl"))) {
      JsonNode vector = JSON.readTree(line);
      assertThat(text(neox, ids(vector))).as(line).isEqualTo(vector.get("decoded").asText());
      seen++;
    }
    assertThat(seen).isEqualTo(50);
  }

  @Test
  void knowsTheFactsOfTheNeoxVocabulary() throws IOException {
    Tokenizer neox = neox();
    assertThat(neox.name()).isEqualTo("gpt-neox");
    assertThat(neox.vocabularySize()).isEqualTo(50277);
    assertThat(neox.encode("\n\n")).containsExactly(535);
    assertThat(neox.encode("\n")).containsExactly(187);
    assertThat(neox.bytes(0)).asString().isEqualTo("<|endoftext|>");
    assertThatThrownBy(() -> neox.encode(new byte[] {'a', (byte) 0xff}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no token for the byte 0xff");
    assertThat(neox.decode(neox.encode(new byte[] {'a', (byte) 0xe2, (byte) 0x82})))
        .isEqualTo(new byte[] {'a', (byte) 0xe2, (byte) 0x82});
    for (int id : new int[] {-1, 50277, 65536}) {
      assertThat(neox.bytes(id)).isEmpty();
    }
  }

  @Test
  void mergesInOrderAndAddsNothing() throws IOException {
    Tokenizer tiny = tiny(TinyBpe.description());
    assertThat(tiny.encode("hello")).containsExactly(259, 'o' + 1);
    assertThat(tiny.encode("a hi hell")).containsExactly('a' + 1, 260, 'i' + 1, ' ' + 1, 259);
    assertThat(tiny.encode("a  b<|endoftext|>")).containsExactly('a' + 1, 261, 'b' + 1, 0);
    assertThat(tiny.encode("")).isEmpty();
    assertThat(tiny.decode(tiny.encode("a  hell\0o"))).asString().isEqualTo("a  hell\0o");
    assertThat(tiny.vocabularySize()).isEqualTo(262);
  }

  /** What no text is becomes single bytes; the text around it is encoded as ever. */
  @Test
  void keepsEveryByteOfWhatIsNoUtf8() throws IOException {
    Tokenizer tiny = tiny(TinyBpe.description());
    byte[] broken = {'h', 'e', (byte) 0xff, 'l', 'l', (byte) 0xe2, (byte) 0x82};
    assertThat(tiny.encode(broken)).containsExactly(257, 0x100, 258, 0xe3, 0x83);
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 500; i++) {
      byte[] bytes = new byte[random.nextInt(60)];
      random.nextBytes(bytes);
      byte[] back = tiny.decode(tiny.encode(bytes));
      assertThat(normalized(back)).isEqualTo(normalized(bytes));
    }
  }

  private static String normalized(byte[] bytes) {
    return Normalizer.normalize(new String(bytes, StandardCharsets.UTF_8), Normalizer.Form.NFC);
  }

  @Test
  void normalizesOnlyWhereTheDescriptionSaysSo() throws IOException {
    String decomposed = "e\u0301";
    assertThat(text(tiny(TinyBpe.description()), tiny(TinyBpe.description()).encode(decomposed)))
        .isEqualTo("\u00e9");
    ObjectNode plain = TinyBpe.description();
    plain.putNull("normalizer");
    assertThat(text(tiny(plain), tiny(plain).encode(decomposed))).isEqualTo(decomposed);
    assertThat(tiny(plain).digest()).isNotEqualTo(tiny(TinyBpe.description()).digest());
    assertThat(tiny(plain).digest()).isEqualTo(tiny(plain).digest()).hasSize(64);
  }

  @Test
  void everyByteHasOneCharacter() {
    assertThat(IntStream.range(0, 256).map(ByteAlphabet::character).distinct()).hasSize(256);
    assertThat(ByteAlphabet.character(' ')).isEqualTo('Ġ');
    assertThat(ByteAlphabet.character('\n')).isEqualTo('Ċ');
    assertThat(ByteAlphabet.character(0xad)).isEqualTo('\u0143');
    assertThat(ByteAlphabet.decode("Ġé\u0143"))
        .isEqualTo(new byte[] {' ', (byte) 0xe9, (byte) 0xad});
    assertThat(ByteAlphabet.decode("a b")).asString().isEqualTo("a b");
  }

  /** Padding, truncation and decorations of a description never reach the encoder. */
  @Test
  void takesOnlyTheKnownPartsOfADescription() throws IOException {
    ObjectNode root = TinyBpe.description();
    root.putObject("truncation").put("max_length", 1).put("strategy", "LongestFirst");
    root.putObject("padding").put("pad_id", 0).put("pad_token", "<|endoftext|>");
    root.putObject("post_processor").put("type", "NoSuchThing");
    root.putObject("decoder").put("type", "Strip");
    assertThat(tiny(root).encode("hello")).containsExactly(259, 'o' + 1);
    assertThat(tiny(root).digest()).isEqualTo(tiny(TinyBpe.description()).digest());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/normalizer|{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"(a+)+b\"}}|normalizer 'Replace'",
        "/pre_tokenizer|{\"type\":\"Split\"}|pre_tokenizer 'Split'",
        "/pre_tokenizer|{\"type\":\"ByteLevel\",\"add_prefix_space\":true}|a blank before",
        "/model|{\"type\":\"Unigram\",\"vocab\":[]}|no tokenizer of words",
        "/model/type|\"WordPiece\"|'WordPiece' is not BPE",
        "/model/dropout|0.5|has a dropout",
        "/model/merges|{}|no list of merges",
        "/model/merges|[\"no such\"]|no usable tokenizer",
        "/model/vocab/he|-1|the id -1",
        "/model/vocab/he|2000000000|the id 2000000000",
        "/model/vocab/he|\"x\"|the id \"x\"",
        "/model/vocab/he|258|the id 258 to two tokens",
        "/model/vocab/Ġ|null|the id null",
        "/added_tokens|[{\"id\":900,\"content\":\"x\"}]|does not follow",
        "/added_tokens|[{\"id\":261}]|has no content",
      })
  void refusesOtherTokenizers(String pointer, String value, String fault) throws IOException {
    ObjectNode root = TinyBpe.description();
    int slash = pointer.lastIndexOf('/');
    ((ObjectNode) root.at(pointer.substring(0, slash)))
        .set(pointer.substring(slash + 1), JSON.readTree(value));
    assertThatThrownBy(() -> tiny(root))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(fault)
        .hasMessageContaining("tokenizer.json: ")
        .hasMessageContaining("; ")
        .hasMessageNotContaining("\n");
  }

  @Test
  void refusesAVocabularyThatLacksAByte() {
    ObjectNode root = TinyBpe.description();
    ((ObjectNode) root.at("/model/vocab")).remove("z");
    assertThatThrownBy(() -> tiny(root)).hasMessageContaining("the single byte 122");
    assertThatThrownBy(() -> Tokenizer.open(write("{\"a\": ")))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("not valid JSON");
  }

  @Test
  void leavesNothingBehind() throws IOException {
    assertThat(tiny(TinyBpe.description()).encode("hello")).hasSize(2);
    try (Stream<Path> left = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      assertThat(left.filter(BpeTokenizerTest::isOurs)).isEmpty();
    }
    assertThat(TokenizersNative.platform("Linux", "amd64")).isEqualTo("linux-x86_64");
    assertThat(TokenizersNative.platform("Mac OS X", "aarch64")).isEqualTo("osx-aarch64");
    assertThat(TokenizersNative.platform("Windows 11", "amd64")).isEqualTo("win-x86_64");
  }

  private static boolean isOurs(Path file) {
    try {
      return file.getFileName().toString().startsWith("skein-tokenizer")
          && Files.getLastModifiedTime(file).toInstant().isAfter(START);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final java.time.Instant START =
      ProcessHandle.current().info().startInstant().orElse(java.time.Instant.MAX);

  private Tokenizer tiny(ObjectNode description) throws IOException {
    return Tokenizer.open(write(JSON.writeValueAsString(description)));
  }

  private Path write(String content) throws IOException {
    return Files.writeString(folder.resolve("tokenizer.json"), content);
  }

  private static Tokenizer neox() throws IOException {
    return Tokenizer.open(TestFolders.shared("vocab/20B_tokenizer.json"));
  }

  private static String text(Tokenizer tokenizer, int[] ids) {
    return new String(tokenizer.decode(ids), StandardCharsets.UTF_8);
  }

  private static int[] ids(JsonNode vector) {
    return StreamSupport.stream(vector.get("ids").spliterator(), false)
        .mapToInt(JsonNode::asInt)
        .toArray();
  }
}
