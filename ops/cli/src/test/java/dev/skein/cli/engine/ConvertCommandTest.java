package dev.skein.cli.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConvertCommandTest {
  @TempDir Path scratch;

  private Path convert(String... more) {
    Path out = scratch.resolve("demo.skein");
    String[] arguments = new String[more.length + 3];
    arguments[0] = "convert";
    arguments[1] = "--out";
    arguments[2] = out.toString();
    System.arraycopy(more, 0, arguments, 3, more.length);
    Shell.run(new ModelCommand(), arguments).ok();
    return out;
  }

  @Test
  void theConvertedModelSaysTheSameWords() throws IOException {
    Path out = convert();
    JsonNode converted =
        Shell.run(new GenerateCommand(), generate("--model", out.toString())).ok().json();
    JsonNode original = Shell.run(new GenerateCommand(), generate("--quant", "int8")).ok().json();
    assertThat(converted.path("tokens")).isEqualTo(original.path("tokens"));
    assertThat(converted.path("text").asText()).isNotBlank();
  }

  private static String[] generate(String option, String value) {
    return new String[] {
      "--prompt", "Once upon a time", "--max-tokens", "12", "--seed", "3", "--json", option, value
    };
  }

  @Test
  void verifyFindsBothSound() throws IOException {
    Path out = convert();
    JsonNode own = Shell.run(new ModelCommand(), "verify", out.toString(), "--json").ok().json();
    JsonNode published = Shell.run(new ModelCommand(), "verify", "--json").ok().json();
    assertThat(own.path("ok").asBoolean()).isTrue();
    assertThat(own.path("format").asText()).isEqualTo("skein");
    assertThat(own.path("parameters")).isEqualTo(published.path("parameters"));
    assertThat(own.path("fingerprint")).isEqualTo(published.path("fingerprint"));
    assertThat(Shell.run(new ModelCommand(), "verify").ok().out()).startsWith("ok: RWKV-7");
  }

  @Test
  void verifyNamesWhatIsWrong() throws IOException {
    Path out = convert();
    byte[] bytes = Files.readAllBytes(out);
    bytes[bytes.length / 2] ^= 4;
    Files.write(out, bytes);
    Shell.Result result = Shell.run(new ModelCommand(), "verify", out.toString(), "--json");
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).hasLineCount(1).contains("checksum of '");
    assertThat(result.json().path("ok").asBoolean()).isFalse();
    assertThat(result.json().path("fault").asText()).contains("checksum");
  }

  @Test
  void verifyNamesATensorWithNaN() throws IOException {
    Path weights = scratch.resolve("nan.safetensors");
    Shell.run(new ModelCommand(), "convert", "--out", weights.toString()) // as its name ends
        .ok();
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] = 0x7e; // fp16 NaN
    Files.write(weights, bytes);
    Shell.Result result = Shell.run(new ModelCommand(), "verify", weights.toString());
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).hasLineCount(1).contains("of tensor '").contains("no finite number");
  }

  @Test
  void safetensorsOfAllTypesAreTheModel() throws IOException {
    String expected = logits("--quant", "fp32");
    for (String[] type : new String[][] {{}, {"--quant", "fp32"}, {"--quant", "fp16"}}) {
      Path weights = scratch.resolve("weights.safetensors");
      String[] arguments = new String[6 + type.length];
      String[] fixed = {"convert", "--force", "--to", "safetensors", "--out", weights.toString()};
      System.arraycopy(fixed, 0, arguments, 0, fixed.length);
      System.arraycopy(type, 0, arguments, fixed.length, type.length);
      Shell.run(new ModelCommand(), arguments).ok();
      assertThat(logits("--model", weights.toString())).isEqualTo(expected);
    }
  }

  private static String logits(String option, String value) throws IOException {
    return Shell.run(
            new LogitsCommand(), "--tokens", "5,6,7,300", "--json", "--threads", "2", option, value)
        .ok()
        .json()
        .path("logits")
        .toString();
  }

  @Test
  void nothingIsOverwrittenUnasked() throws IOException {
    Path out = convert();
    long size = Files.size(out);
    Shell.Result again =
        Shell.run(new ModelCommand(), "convert", "--quant", "int4", "--out", out.toString());
    assertThat(again.exit()).isEqualTo(1);
    assertThat(again.err()).contains("--force");
    assertThat(Files.size(out)).isEqualTo(size);
    convert("--force", "--quant", "int4");
    assertThat(Files.size(out)).isLessThan(size);
    Shell.Result self =
        Shell.run(
            new ModelCommand(), "convert", out.toString(), "--force", "--out", out.toString());
    assertThat(self.exit()).isEqualTo(1);
  }

  @Test
  void fourBitsWarnInSmallModels() {
    Shell.Result four = Shell.run(new LogitsCommand(), "--tokens", "1", "--quant", "int4").ok();
    assertThat(four.err()).contains("int4 costs");
    Shell.Result eight = Shell.run(new LogitsCommand(), "--tokens", "1", "--quant", "int8").ok();
    assertThat(eight.err()).doesNotContain("int4");
  }

  @Test
  void safetensorsHoldNoIntegers() {
    Shell.Result result =
        Shell.run(
            new ModelCommand(), "convert", "--to", "safetensors", "--quant", "int8", "--out", "x");
    assertThat(result.exit()).isEqualTo(2);
    assertThat(result.err()).contains("safetensors hold fp32, bf16 or fp16");
  }
}
