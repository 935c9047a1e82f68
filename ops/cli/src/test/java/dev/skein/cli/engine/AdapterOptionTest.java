package dev.skein.cli.engine;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdapterOptionTest {
  private static final int WIDTH = 256;

  @TempDir Path folder;

  /** Factors of rank one for a matrix of the demo model. */
  private Path adapter(String matrix) throws IOException {
    String factor = "\"%s\": {\"dtype\": \"F32\", \"shape\": %s, \"data_offsets\": [%d, %d]}";
    String header =
        "{"
            + factor.formatted(matrix + ".lora_A", "[1, 256]", 0, 4 * WIDTH)
            + ", "
            + factor.formatted(matrix + ".lora_B", "[256, 1]", 4 * WIDTH, 8 * WIDTH)
            + "}";
    ByteBuffer out =
        ByteBuffer.allocate(8 + header.length() + 8 * WIDTH).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(header.length()).put(header.getBytes(US_ASCII));
    for (int i = 0; i < 2 * WIDTH; i++) {
      out.putFloat(0.01f * (i % 7 - 3));
    }
    return Files.write(folder.resolve("adapter.safetensors"), out.array());
  }

  private static JsonNode logits(String... more) throws IOException {
    String[] arguments = new String[more.length + 3];
    System.arraycopy(more, 0, arguments, 3, more.length);
    arguments[0] = "--tokens=59,1344";
    arguments[1] = "--quant=fp32";
    arguments[2] = "--json";
    return Shell.run(new LogitsCommand(), arguments).ok().json().path("logits");
  }

  @Test
  void anAdapterChangesTheModelByItsAlpha() throws IOException {
    Path file = adapter("blocks.0.att.key");
    JsonNode plain = logits();
    JsonNode adapted = logits("--lora=" + file);
    assertThat(adapted).isNotEqualTo(plain);
    assertThat(logits("--lora=" + file + ":1")).isEqualTo(adapted);
    assertThat(logits("--lora=" + file + ":4")).isNotEqualTo(adapted);
  }

  @Test
  void whatDoesNotFitIsSaidInOneLine() throws IOException {
    Path file = adapter("blocks.9.att.key");
    Shell.Result wrong = Shell.run(new LogitsCommand(), "--tokens=1", "--lora=" + file);
    assertThat(wrong.exit()).isEqualTo(1);
    assertThat(wrong.err()).contains("no 'blocks.9.att.key.weight' there");
    Shell.Result alpha = Shell.run(new LogitsCommand(), "--tokens=1", "--lora=" + file + ":x");
    assertThat(alpha.exit()).isEqualTo(2);
    assertThat(alpha.err()).contains("'x' is no alpha");
  }
}
