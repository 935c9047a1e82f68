package dev.skein.cli.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCommandTest {
  @TempDir Path scratch;

  @Test
  void tellsWhatTheDemoModelIs() throws IOException {
    JsonNode facts = Shell.run(new ModelCommand(), "inspect", "--json").ok().json();
    assertThat(facts.path("architecture").asText()).containsIgnoringCase("7");
    assertThat(facts.path("layers").asInt()).isEqualTo(8);
    assertThat(facts.path("width").asInt()).isEqualTo(256);
    assertThat(facts.path("heads").asInt()).isEqualTo(4);
    assertThat(facts.path("vocabulary").asInt()).isEqualTo(4096);
    assertThat(facts.path("parameters").asLong()).isEqualTo(9_067_264);
    assertThat(facts.path("dtype").asText()).isEqualTo("f16");
    assertThat(facts.path("format").asText()).isEqualTo("safetensors");
    assertThat(facts.path("dialect").asText()).isEqualTo("BlinkDL");
    assertThat(facts.path("files").asInt()).isEqualTo(1);
    assertThat(facts.path("file_bytes").asLong()).isGreaterThan(18_000_000);
    assertThat(facts.path("state_bytes").asLong()).isEqualTo(8 * 256 * (64 + 2) * 4);
    assertThat(facts.path("tokenizer").asText()).isNotEmpty();
    assertThat(facts.has("fingerprint")).isFalse(); // it would need every weight
  }

  @Test
  void tellsWhatAHuggingFaceFolderIs() throws IOException {
    GoldenSet.assumeWholeSet();
    Path folder = GoldenSet.folder().resolve("models/tiny-v7/fla-bf16");
    JsonNode facts =
        Shell.run(new ModelCommand(), "inspect", "--json", "--fingerprint", "" + folder)
            .ok()
            .json();
    assertThat(facts.path("dialect").asText()).isEqualTo("flash-linear-attention");
    assertThat(facts.path("architecture").asText()).isEqualTo("RWKV-7");
    assertThat(facts.path("name").asText()).isEqualTo("fla-bf16");
    assertThat(facts.path("layers").asInt()).isEqualTo(12);
    assertThat(facts.path("dtype").asText()).isEqualTo("bf16");
    assertThat(facts.path("tokenizer").isNull()).isTrue();
    // the same weights in another container
    Path file = GoldenSet.folder().resolve("models/tiny-v7/model-bf16.pth");
    JsonNode other =
        Shell.run(new ModelCommand(), "inspect", "--json", "--fingerprint", "" + file).ok().json();
    assertThat(facts.path("fingerprint").asText()).hasSize(64);
    assertThat(facts.path("fingerprint").asText()).isEqualTo(other.path("fingerprint").asText());
  }

  @Test
  void theTableHasTheSameFacts() {
    String table = Shell.run(new ModelCommand(), "inspect").ok().out();
    assertThat(table).contains("layers               8").contains("state bytes          540672");
  }

  @Test
  void aFileThatIsNoModelIsOneLineAndExitOne() throws IOException {
    Path file = Files.writeString(scratch.resolve("x.pth"), "no model at all");
    Shell.Result result = Shell.run(new ModelCommand(), "inspect", file.toString());
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).hasLineCount(1).contains("x.pth");
  }
}
