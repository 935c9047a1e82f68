package dev.skein.cli.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class GenerateCommandTest {
  private static final String DEMO =
      Path.of(System.getProperty("skein.home"), "ops/models/skein-demo-9m").toString();
  private static final String QUESTION = "User: What do bears eat?\n\nAssistant:";

  @Test
  void theDemoModelAnswersAndIsNamedOnStandardError() throws IOException {
    Shell.Result result =
        Shell.run(
                new GenerateCommand(),
                "--prompt=" + QUESTION,
                "--temperature=0",
                "--stop=\n\n",
                "--max-tokens=40",
                "--json")
            .ok();
    assertThat(result.err()).contains("toy story-teller").hasLineCount(1);
    assertThat(result.json().path("text").asText())
        .isEqualTo(" Bears eat berries, fish and honey.");
    assertThat(result.json().path("finish_reason").asText()).isEqualTo("stop");
  }

  @Test
  void textStreamsToStandardOutput() {
    Shell.Result result =
        Shell.run(
                new GenerateCommand(),
                "--model=" + DEMO,
                "--prompt=" + QUESTION,
                "--temperature=0",
                "--stop=\n\n")
            .ok();
    assertThat(result.out())
        .isEqualTo(" Bears eat berries, fish and honey." + System.lineSeparator());
    assertThat(result.err()).isEmpty();
  }

  @Test
  void theSameSeedGivesTheSameTokensOnEveryBackend() throws IOException {
    JsonNode first = sampled("--seed=7", "--backend=vector", "--threads=2");
    assertThat(sampled("--seed=7", "--backend=scalar", "--threads=1")).isEqualTo(first);
    assertThat(sampled("--seed=8").path("tokens")).isNotEqualTo(first.path("tokens"));
    assertThat(first.path("tokens")).hasSize(20);
  }

  private static JsonNode sampled(String... more) throws IOException {
    String[] arguments = new String[more.length + 5];
    System.arraycopy(more, 0, arguments, 0, more.length);
    String[] common = {
      "--model=" + DEMO, "--tokens=59,1344", "--max-tokens=20", "--temperature=1", "--json"
    };
    System.arraycopy(common, 0, arguments, more.length, common.length);
    return Shell.run(new GenerateCommand(), arguments).ok().json();
  }

  @Test
  void wrongUsageIsExitTwoAndOneClearLine() {
    Shell.Result both = Shell.run(new GenerateCommand(), "--prompt=a", "--tokens=1");
    assertThat(both.exit()).isEqualTo(2);
    Shell.Result unknown = Shell.run(new GenerateCommand(), "--prompt=a", "--quant=int3");
    assertThat(unknown.exit()).isEqualTo(2);
    assertThat(unknown.err()).contains("int3");
    Shell.Result backend = Shell.run(new GenerateCommand(), "--prompt=a", "--backend=gpu");
    assertThat(backend.exit()).isEqualTo(2);
    assertThat(backend.err()).contains("unknown backend 'gpu'");
  }

  @Test
  void aMissingModelIsExitOneAndOneLine() {
    Shell.Result result = Shell.run(new GenerateCommand(), "--model=/nowhere/x.pth", "--prompt=a");
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).contains("/nowhere/x.pth").hasLineCount(1);
  }
}
