package dev.skein.model.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.TestFolders;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WorldTokenizerTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @Test
  void encodesAndDecodesEveryWorldVector() throws IOException {
    Tokenizer world = world();
    int seen = 0;
    for (String line : Files.readAllLines(TestFolders.shared("tokenizer/world.jsonl"))) {
      JsonNode vector = JSON.readTree(line);
      byte[] bytes = bytes(vector);
      assertThat(world.encode(bytes)).as(line).isEqualTo(ids(vector));
      assertThat(world.decode(ids(vector))).as(line).isEqualTo(bytes);
      if (vector.get("text").isTextual()) {
        assertThat(world.encode(vector.get("text").asText())).as(line).isEqualTo(ids(vector));
      }
      seen++;
    }
    assertThat(seen).isEqualTo(199);
  }

  @Test
  void decodesArbitraryIdsOfTheWorldVectors() throws IOException {
    Tokenizer world = world();
    int seen = 0;
    for (String line : Files.readAllLines(TestFolders.shared("tokenizer/world-decode.jsonl"))) {
      JsonNode vector = JSON.readTree(line);
      assertThat(world.decode(ids(vector))).as(line).isEqualTo(bytes(vector));
      seen++;
    }
    assertThat(seen).isEqualTo(60);
  }

  @Test
  void knowsTheFactsOfTheWorldVocabulary() throws IOException {
    Tokenizer world = world();
    assertThat(world.vocabularySize()).isEqualTo(65530);
    assertThat(world.encode("\n\n")).containsExactly(261);
    assertThat(world.encode("User")).containsExactly(24281);
    assertThat(world.encode("。\n\n")).containsExactly(28329, 11);
    for (int id : new int[] {0, 65530, 65535, 70000, -1}) {
      assertThat(world.bytes(id)).isEmpty();
    }
  }

  @Test
  void demoVocabularyReturnsEveryByteStringUnchanged() throws IOException {
    Tokenizer demo = demo();
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 2_000; i++) {
      byte[] text = new byte[random.nextInt(200)];
      random.nextBytes(text);
      assertThat(demo.decode(demo.encode(text))).isEqualTo(text);
    }
  }

  @Test
  void everyTokenOfTheDemoVocabularyEncodesToItself() throws IOException {
    Tokenizer demo = demo();
    assertThat(demo.vocabularySize()).isEqualTo(4096);
    for (int id = 1; id < demo.vocabularySize(); id++) {
      assertThat(demo.encode(demo.bytes(id))).containsExactly(id);
    }
  }

  /**
   * What longest match means, said without a trie: no longer token begins where a token was taken.
   */
  @Test
  void alwaysTakesTheLongestToken() throws IOException {
    Tokenizer demo = demo();
    String text =
        "User: Tell me a story about a fox.\n\nAssistant: Once upon a time, naïve 狐 lived.";
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int at = 0;
    for (int id : demo.encode(bytes)) {
      int longest = 0;
      for (int other = 1; other < demo.vocabularySize(); other++) {
        if (startsWith(bytes, at, demo.bytes(other))) {
          longest = Math.max(longest, demo.bytes(other).length);
        }
      }
      assertThat(demo.bytes(id)).hasSize(longest);
      at += longest;
    }
    assertThat(at).isEqualTo(bytes.length);
  }

  @Test
  void digestDependsOnTheTokensOnly() throws IOException {
    Path source = TestFolders.demoModel().resolve("skein_demo_vocab.txt");
    String text = Files.readString(source);
    assertThat(open(text.replace("\n", "\r\n")).digest()).isEqualTo(demo().digest()).hasSize(64);
    assertThat(open(text.replace("4095 ", "4096 ")).digest()).isNotEqualTo(demo().digest());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "257 'ab' 3|line 257 says 3 bytes, but its literal has 2",
        "257 '' 0|line 257 says 0 bytes",
        "257 ab 2|between two equal quotes",
        "257 'ab\" 2|between two equal quotes",
        "257 'a'b' 3|holds its own quote",
        "257 'a\\qb' 3|unknown escape \\q",
        "257 '\\x4' 1|too few digits",
        "257 '\\ud800' 3|half a surrogate pair",
        "257 b'\u20ac' 3|above 255",
        "257|line 257 is not 'id literal length'",
        "x 'ab' 2|line 257 is not 'id literal length'",
        "257 'ab' x|line 257 is not 'id literal length'",
        "0 'ab' 2|line 257 has the id 0",
        "99999999 'ab' 2|line 257 has the id 99999999",
        "200 'ab' 2|line 257 gives the id 200 a second time",
        "257 'a' 1|line 257 repeats the text of id 98",
      })
  void refusesBadLines(String line, String fault) {
    assertThatThrownBy(() -> open(singleBytes() + line + "\n"))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(fault)
        .hasMessageContaining("; give the vocabulary");
  }

  /** As some Hugging Face folders write it: the literals alone, ids are the numbers of lines. */
  @ParameterizedTest
  @ValueSource(strings = {"b'<s>'\n", "<s>\r\n", "'<s>'\n"})
  void readsAVocabularyWithoutNumbers(String first) throws IOException {
    Tokenizer numbered = open(singleBytes() + "257 'ab' 2\n258 b'\\xe7\\x8b' 2\n");
    String literals = singleBytes().replaceAll("(?m)^\\d+ (.*) 1$", "$1");
    Tokenizer other = open(first + literals + "'ab'\nb'\\xe7\\x8b'\n");
    assertThat(other.digest()).isEqualTo(numbered.digest());
    assertThat(other.encode("cab")).containsExactly('c' + 1, 257);
    assertThatThrownBy(() -> open(first + literals + "'ab\n"))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("line 258");
  }

  /** The vocabulary that a model's file carries may be small and lack bytes. */
  @Test
  void isMadeOfAFilesOwnVocabulary() {
    byte[] none = {};
    Tokenizer own =
        Objects.requireNonNull(
            Tokenizer.of(List.of(none, new byte[] {'a'}, new byte[] {'b'}, none, none)));
    assertThat(own.encode("abba")).containsExactly(1, 2, 2, 1);
    assertThat(own.vocabularySize()).isEqualTo(3);
    assertThat(own.bytes(4)).isEmpty();
    assertThatThrownBy(() -> own.encode("abc"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no token for the byte 0x63");
    assertThat(Tokenizer.of(List.of(none))).isNull();
    Tokenizer twice =
        Objects.requireNonNull(Tokenizer.of(List.of(none, new byte[] {'a'}, new byte[] {'a'})));
    assertThat(twice.encode("a")).containsExactly(1);
    assertThat(twice.bytes(2)).asString().isEqualTo("a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{\"model\": {}}", "a b", "1 'a' 1"})
  void refusesOtherFiles(String content) {
    assertThatThrownBy(() -> open(content)).isInstanceOf(ModelFormatException.class);
  }

  @Test
  void saysWhatIsMissing() {
    assertThatThrownBy(() -> Tokenizer.open(folder.resolve("none.txt")))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("no such vocabulary file");
    assertThatThrownBy(() -> open("1 'a' 1\n"))
        .hasMessageContaining("no token for the single byte 0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'a\\tb\\n\\r\\\\'|6109620a0d5c",
        "\"it's\"|69742773",
        "'\\''|27",
        "b'\\xff\\x00a'|ff0061",
        "'\\xe9'|c3a9",
        "'\\u2028\\U0001f600'|e280a8f09f9880",
        "'é\uD83D\uDE00'|c3a9f09f9880",
      })
  void readsPythonLiterals(String literal, String hex) {
    assertThat(PythonLiteral.bytes(literal)).asHexString().isEqualToIgnoringCase(hex);
  }

  private static boolean startsWith(byte[] text, int at, byte[] word) {
    if (at + word.length > text.length) {
      return false;
    }
    for (int i = 0; i < word.length; i++) {
      if (text[at + i] != word[i]) {
        return false;
      }
    }
    return true;
  }

  private static String singleBytes() {
    StringBuilder lines = new StringBuilder();
    for (int b = 0; b < 256; b++) {
      lines.append("%d b'\\x%02x' 1\n".formatted(b + 1, b));
    }
    return lines.toString();
  }

  private Tokenizer open(String content) throws IOException {
    return Tokenizer.open(Files.writeString(folder.resolve("vocab.txt"), content));
  }

  private static Tokenizer demo() throws IOException {
    return Tokenizer.open(TestFolders.demoModel().resolve("skein_demo_vocab.txt"));
  }

  private static Tokenizer world() throws IOException {
    return Tokenizer.open(TestFolders.shared("vocab/rwkv_vocab_v20230424.txt"));
  }

  private static byte[] bytes(JsonNode vector) {
    return Base64.getDecoder().decode(vector.get("b64").asText());
  }

  private static int[] ids(JsonNode vector) {
    return StreamSupport.stream(vector.get("ids").spliterator(), false)
        .mapToInt(JsonNode::asInt)
        .toArray();
  }
}
