package dev.skein.cli.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.model.sampling.CounterRandom;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class TokenizeCommandTest {

  private static Shell.Result run(byte[] input, String... arguments) {
    TokenizeCommand command = new TokenizeCommand();
    command.in = new ByteArrayInputStream(input);
    return Shell.run(command, arguments);
  }

  @Test
  void bytesBecomeIdsAndIdsBytes() throws IOException {
    byte[] text = "Once upon a time – there was\0a fox.\n".getBytes(UTF_8);
    Shell.Result ids = run(text).ok();
    assertThat(ids.json().isArray()).isTrue();
    assertThat(decoded(ids.out())).isEqualTo(text);
  }

  private static byte[] decoded(String ids) {
    PrintStream before = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    System.setOut(new PrintStream(bytes, true, UTF_8));
    try {
      run(ids.getBytes(UTF_8), "--decode").ok();
    } finally {
      System.setOut(before);
    }
    return bytes.toByteArray();
  }

  @Test
  void linesGoBothWays() {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      byte[] bytes = noise(i);
      lines.append("{\"b64\":\"").append(Base64.getEncoder().encodeToString(bytes)).append("\"}\n");
    }
    String ids = run(lines.toString().getBytes(UTF_8), "--jsonl").ok().out();
    assertThat(ids).startsWith("{\"ids\":[").hasLineCount(20);
    assertThat(run(ids.getBytes(UTF_8), "--jsonl", "--decode").ok().out())
        .isEqualToIgnoringNewLines(lines);
  }

  @Test
  void everyPublishedVectorGoesBothWays() throws IOException {
    GoldenSet.assumeWholeSet();
    Path data = GoldenSet.folder();
    bothWays(data, "rwkv_vocab_v20230424.txt", "world.jsonl");
    bothWays(data, "20B_tokenizer.json", "neox.jsonl");
  }

  private static void bothWays(Path data, String vocabulary, String vectors) throws IOException {
    String file = data.resolve("vocab").resolve(vocabulary).toString();
    StringBuilder questions = new StringBuilder();
    StringBuilder ids = new StringBuilder();
    StringBuilder bytes = new StringBuilder();
    for (String line : Files.readAllLines(data.resolve("tokenizer").resolve(vectors))) {
      JsonNode vector = Json.MAPPER.readTree(line);
      questions.append(b64(vector, "text")).append('\n');
      ids.append("{\"ids\":").append(vector.path("ids")).append("}\n");
      bytes.append(b64(vector, "decoded")).append('\n');
    }
    byte[] asked = questions.toString().getBytes(UTF_8);
    assertThat(run(asked, "--tokenizer", file, "--jsonl").ok().out())
        .isEqualToIgnoringNewLines(ids);
    byte[] back = ids.toString().getBytes(UTF_8);
    assertThat(run(back, "--tokenizer", file, "--jsonl", "--decode").ok().out())
        .isEqualToIgnoringNewLines(bytes);
  }

  private static String b64(JsonNode vector, String field) {
    String b64 =
        vector.has("b64")
            ? vector.path("b64").asText()
            : Base64.getEncoder().encodeToString(vector.path(field).asText().getBytes(UTF_8));
    return "{\"b64\":\"" + b64 + "\"}";
  }

  private static byte[] noise(int line) {
    byte[] bytes = new byte[(int) (60 * CounterRandom.uniform(5, line, 1, 0))];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (256 * CounterRandom.uniform(5, line, 0, i));
    }
    return bytes;
  }

  @Test
  void garbageIsNamedByItsLine() {
    Shell.Result result = run("{\"b64\":\"YQ==\"}\n{]\n".getBytes(UTF_8), "--jsonl");
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).contains("line 2 is not JSON");
    assertThat(run("{\"ids\":[1.5]}".getBytes(UTF_8), "--jsonl", "--decode").err())
        .contains("1.5 is not a token id");
  }
}
