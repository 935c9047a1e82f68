package dev.skein.cli.models;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.skein.cli.cache.TestShelf;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ModelCommandsTest {
  @TempDir Path home;
  private TestShelf shelf;
  private StringWriter out = new StringWriter();
  private StringWriter err = new StringWriter();

  @BeforeEach
  void start() throws IOException {
    shelf = new TestShelf(home);
    shelf.hub.publish(TestShelf.REPOSITORY, TestShelf.WEIGHTS, 5000);
  }

  @AfterEach
  void stop() {
    shelf.close();
  }

  @Test
  void aModelIsPulledListedAndRemoved() throws IOException {
    assertThat(run(new PullCommand(shelf.surroundings()), "g1:0.4b")).isZero();
    assertThat(out.toString()).contains("--model g1:0.4b").contains(home.toString());
    assertThat(run(new ListCommand(shelf.surroundings()))).isZero();
    assertThat(out.toString().lines().filter(line -> line.endsWith("yes")))
        .singleElement()
        .asString()
        .matches("g1:0\\.4b +7 +451 M +8192 +Apache-2\\.0 +518 MB +yes");
    assertThat(out.toString()).contains("pile4:169m").contains(home.resolve("models").toString());
    assertThat(run(new RemoveCommand(shelf.surroundings()), "g1:0.4b")).isZero();
    assertThat(out.toString()).startsWith("removed g1:0.4b");
    assertThat(run(new RemoveCommand(shelf.surroundings()), "g1:0.4b")).isEqualTo(1);
    assertThat(err.toString()).hasLineCount(1);
  }

  @Test
  void programsGetJson() throws IOException {
    assertThat(run(new PullCommand(shelf.surroundings()), "--json", "g1:0.4b")).isZero();
    assertThat(json().path("file").asText()).isEqualTo(TestShelf.WEIGHTS);
    assertThat(json().path("file_bytes").asLong()).isEqualTo(5000);
    Path demo = Path.of(System.getProperty("skein.home"), "ops/models/skein-demo-9m");
    Path own = Files.copy(demo.resolve("model.safetensors"), home.resolve("own.safetensors"));
    assertThat(run(new ImportCommand(shelf.surroundings()), own.toString())).isZero();
    assertThat(run(new ListCommand(shelf.surroundings()), "--json")).isZero();
    JsonNode models = json().path("models");
    assertThat(models).hasSizeGreaterThan(30);
    assertThat(models.findValuesAsText("name")).contains("g1:0.4b", "own");
    assertThat(models.path(1).path("downloaded").asBoolean()).isTrue();
    assertThat(models.path(0).path("downloaded").asBoolean()).isFalse();
    assertThat(models.path(1).path("memory_int8_bytes").asLong()).isEqualTo(518_108_864);
  }

  @Test
  void aVocabularyAloneCanBePulled() {
    assertThat(run(new PullCommand(shelf.surroundings()), "vocabulary:world")).isZero();
    assertThat(Path.of(out.toString().strip())).hasContent("1 'a' 1\n2 'b' 1");
    assertThat(run(new PullCommand(shelf.surroundings()), "vocabulary:klingon")).isEqualTo(2);
  }

  @Test
  void suggestionsAreForTheMachineThatIsDescribed() throws IOException {
    assertThat(run(new SuggestCommand(shelf.surroundings()), "--memory=8GB", "--bandwidth=20GB"))
        .isZero();
    assertThat(out.toString())
        .contains("8.00 GB of memory free", "20.0 GB/s", "recommended: g1:1.5b", "too large")
        .doesNotContain("pile4");
    assertThat(
            run(
                new SuggestCommand(shelf.surroundings()),
                "--memory=8GB",
                "--bandwidth=20GB",
                "--all",
                "--json"))
        .isZero();
    assertThat(json().path("recommended").asText()).isNotEmpty();
    assertThat(json().path("models").findValuesAsText("name")).contains("pile4:169m");
    assertThat(run(new SuggestCommand(shelf.surroundings()), "--memory=much")).isEqualTo(2);
  }

  @Test
  void troubleIsOneLine() {
    shelf.hub.listingStatus(401);
    assertThat(run(new PullCommand(shelf.surroundings()), "g1:13.3b")).isEqualTo(1);
    assertThat(err.toString().lines().toList().getLast()).contains("404");
    assertThat(run(new PullCommand(shelf.surroundings()), "--sha256=12", "g1:0.4b")).isEqualTo(2);
    assertThat(run(new PullCommand(shelf.surroundings()), "--name=a/b", "g1:0.4b")).isEqualTo(2);
  }

  private int run(Callable<Integer> command, String... arguments) {
    out = new StringWriter();
    err = new StringWriter();
    PrintWriter errors = new PrintWriter(err, true);
    return new CommandLine(command)
        .setOut(new PrintWriter(out, true))
        .setErr(errors)
        .setExecutionExceptionHandler((e, line, parsed) -> {
          errors.println(e.getMessage());
          return 1;
        })
        .execute(arguments);
  }

  private JsonNode json() throws IOException {
    return new ObjectMapper().readTree(out.toString());
  }
}
