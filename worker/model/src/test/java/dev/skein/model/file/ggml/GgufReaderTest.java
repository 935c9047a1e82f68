package dev.skein.model.file.ggml;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.Refusals;
import dev.skein.model.file.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GgufReaderTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"2,32", "3,32", "3,64", "3,8"})
  void readsTensorsAndMetadata(int version, int alignment) throws IOException {
    GgufFileBuilder builder =
        new GgufFileBuilder()
            .version(version)
            .alignment(alignment)
            .text("general.name", "été")
            .raw("byte", 0, (byte) 200)
            .raw("signed", 1, (byte) 200)
            .raw("short", 3, (byte) 0xfe, (byte) 0xff)
            .raw("float", 6, (byte) 0, (byte) 0, (byte) 0xc0, (byte) 0x3f)
            .raw("yes", 7, (byte) 1)
            .raw(
                "long", 11, (byte) 1, (byte) 0, (byte) 0, (byte) 0, (byte) 1, (byte) 0, (byte) 0,
                (byte) 0)
            .wholes("list", 1, 2, 3)
            .floats("vector", new float[] {1, 2, 3}, 3)
            .floats("matrix", new float[] {1, 2, 3, 4, 5, 6}, 2, 3)
            .tensor("halves", 1, new byte[] {0, 0x3c, 0, 0x40}, 2)
            .tensor("brains", 30, new byte[] {(byte) 0x80, 0x3f, 0, 0x40}, 2);
    try (ModelFile file = ModelFile.open(builder.write(folder.resolve("m")))) {
      assertThat(file.format()).isEqualTo("gguf");
      assertThat(file.names()).containsExactly("vector", "matrix", "halves", "brains");
      assertThat(file.require("matrix").shape()).containsExactly(2, 3);
      assertThat(values(file, "matrix")).containsExactly(1, 2, 3, 4, 5, 6);
      assertThat(values(file, "vector")).containsExactly(1, 2, 3);
      assertThat(values(file, "halves")).containsExactly(1, 2);
      assertThat(values(file, "brains")).containsExactly(1, 2);
      assertThat(file.storedTypes()).containsExactly("bf16", "f16", "f32");
      assertThat(file.metadata())
          .containsEntry("general.name", "été")
          .containsEntry("byte", "200")
          .containsEntry("signed", "-56")
          .containsEntry("short", "-2")
          .containsEntry("float", "1.5")
          .containsEntry("yes", "true")
          .containsEntry("long", "4294967297")
          .doesNotContainKey("list");
      assertThat(file.vocabulary()).isEmpty();
    }
  }

  @Test
  void carriesTheVocabulary() throws IOException {
    String[] tokens = {
      "<s>", "\\x00", "\\n\\t\\r", "\\\\", "\\'", "\"", "it's", "\\xe6\\x9c", "\\q\\x4", "[PAD9]"
    };
    try (ModelFile file = ModelFile.open(vocabulary(tokens).write(folder.resolve("m")))) {
      assertThat(file.vocabulary())
          .containsExactly(
              bytes(),
              bytes(0),
              bytes('\n', '\t', '\r'),
              bytes('\\'),
              bytes('\''),
              bytes('"'),
              "it's".getBytes(UTF_8),
              bytes(0xe6, 0x9c),
              "qx4".getBytes(UTF_8),
              bytes());
    }
  }

  @Test
  void tokenTypesSayWhichTokensHaveBytes() throws IOException {
    GgufFileBuilder builder =
        vocabulary("<s>", "[PAD1]", "x", "y").wholes("tokenizer.ggml.token_type", 1, 1, 5, 3);
    try (ModelFile file = ModelFile.open(builder.write(folder.resolve("m")))) {
      assertThat(file.vocabulary())
          .containsExactly("<s>".getBytes(UTF_8), "[PAD1]".getBytes(UTF_8), bytes(), bytes());
    }
  }

  @Test
  void anotherTokenizerIsNotTheWorlds() throws IOException {
    GgufFileBuilder builder =
        new GgufFileBuilder()
            .text("tokenizer.ggml.model", "gpt2")
            .texts("tokenizer.ggml.tokens", "a", "b")
            .floats("t", new float[] {1}, 1);
    try (ModelFile file = ModelFile.open(builder.write(folder.resolve("m")))) {
      assertThat(file.vocabulary()).isEmpty();
    }
  }

  @Test
  void whatContradictsItselfIsRefused() throws IOException {
    float[] one = new float[16];
    refused(
        "overlaps",
        new GgufFileBuilder().floats("a", one, 16).tensorAt("b", 0, 32, new byte[64], 16));
    refused("is there twice", new GgufFileBuilder().floats("a", one, 16).floats("a", one, 16));
    refused("no whole blocks of q8_0", new GgufFileBuilder().tensor("a", 8, new byte[34], 2, 16));
    refused(
        "Q2_K, which is not supported", new GgufFileBuilder().tensor("a", 10, new byte[84], 256));
    refused("has 0 dimensions", new GgufFileBuilder().tensor("a", 0, new byte[4]));
    refused("has the dimension -1", new GgufFileBuilder().tensor("a", 0, new byte[4], -1));
    refused("reaches beyond", new GgufFileBuilder().tensorAt("a", 0, 1 << 20, new byte[4], 1));
    refused("reaches beyond", new GgufFileBuilder().tensorAt("a", 0, -32, new byte[4], 1));
    refused("too large for any file", new GgufFileBuilder().tensor("a", 0, one(), 1L << 62, 4));
    refused("twice", new GgufFileBuilder().text("k", "1").text("k", "2").floats("a", one, 16));
    refused("no tensors", new GgufFileBuilder().text("k", "1"));
    refused(
        "general.alignment = x",
        new GgufFileBuilder().text("general.alignment", "x").floats("a", one, 16));
    refused(
        "2 tokens and 1 token types", vocabulary("a", "b").wholes("tokenizer.ggml.token_type", 1));
  }

  private void refused(String fault, GgufFileBuilder builder) throws IOException {
    Path file = builder.write(folder.resolve("m"));
    Refusals.assertRefused(file);
    assertThatThrownBy(() -> ModelFile.open(file)).hasMessageContaining(fault);
  }

  private static byte[] one() {
    return new byte[4];
  }

  private static GgufFileBuilder vocabulary(String... tokens) {
    return new GgufFileBuilder()
        .text("tokenizer.ggml.model", "rwkv")
        .texts("tokenizer.ggml.tokens", tokens)
        .floats("t", new float[] {1}, 1);
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  private static float[] values(ModelFile file, String name) throws IOException {
    Tensor tensor = file.require(name);
    float[] out = new float[(int) tensor.elements()];
    tensor.read(out);
    return out;
  }

  @Test
  void theListOfTokensIsNotCopiedBeforeItIsBelieved() throws IOException {
    List<String> many = Collections.nCopies((1 << 18) + 1, "");
    refused("its vocabulary has 262145 tokens", vocabulary(many.toArray(new String[0])));
  }
}
