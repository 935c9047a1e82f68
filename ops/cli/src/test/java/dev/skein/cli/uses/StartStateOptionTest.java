package dev.skein.cli.uses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.cli.bench.BenchCommand;
import dev.skein.cli.engine.GenerateCommand;
import dev.skein.cli.engine.GoldenSet;
import dev.skein.cli.engine.GoldenSet.Tensors;
import dev.skein.cli.engine.LogitsCommand;
import dev.skein.cli.engine.Shell;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --state}: what the model reads it reads after that state. */
class StartStateOptionTest {
  private static final String DEMO =
      Path.of(System.getProperty("skein.home"), "ops/models/skein-demo-9m").toString();

  @TempDir Path scratch;

  /**
   * A state-tuned model, cut into a model and a state file, says what the reference says of the
   * whole; and the model alone does not.
   */
  @Test
  void aTunedStateFromAFileOfItsOwnIsThatOfTheReference() throws IOException {
    GoldenSet.assumeWholeSet();
    Path folder = GoldenSet.folder();
    List<Tensor> tuned = new ArrayList<>();
    List<Tensor> rest = new ArrayList<>();
    Path state = scratch.resolve("tuned.safetensors");
    Path model = scratch.resolve("model.safetensors");
    try (ModelFile whole = ModelFile.open(folder.resolve("models/r6-state/model.pth"))) {
      for (String name : whole.names()) {
        (name.endsWith("time_state") ? tuned : rest).add(whole.require(name));
      }
      TensorFile.write(state, tuned);
      TensorFile.write(model, rest);
    }
    Tensors golden = Tensors.read(folder.resolve("golden/r6-state/p64.safetensors"));
    float[] expected = golden.lastRow("logits");
    String tokens = "--tokens=" + Shell.ids(golden.ints("tokens"));
    JsonNode with = logits("--model=" + model, "--state=" + state, tokens);
    JsonNode without = logits("--model=" + model, tokens);
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      assertThat(with.get(i).doubleValue()).isCloseTo(expected[i], within(4.53e-4));
      difference = Math.max(difference, Math.abs(without.get(i).doubleValue() - expected[i]));
    }
    assertThat(difference).isGreaterThan(0.01);
  }

  private static JsonNode logits(String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--json");
    return Shell.run(new LogitsCommand(), all).ok().json().path("logits");
  }

  @Test
  void everyCommandThatReadsGoesOnFromASavedState() throws IOException {
    Path state = scratch.resolve("read.safetensors");
    String model = "--model=" + DEMO;
    Shell.run(new LogitsCommand(), model, "--tokens=258,59,1344", "--state-out=" + state).ok();
    String from = "--state=" + state;
    JsonNode whole = scored(model, "--context-tokens=258,59,1344", "--tokens=542,287");
    JsonNode after = scored(model, from, "--context-tokens=1344", "--tokens=542,287");
    assertThat(after.path("logprobs")).hasSize(2);
    Path before = scratch.resolve("before.safetensors");
    Shell.run(new LogitsCommand(), model, "--tokens=258,59", "--state-out=" + before).ok();
    assertThat(
            scored(model, "--state=" + before, "--context-tokens=1344", "--tokens=542,287")
                .path("logprobs"))
        .isEqualTo(whole.path("logprobs"))
        .isNotEqualTo(after.path("logprobs"));
    assertThat(generated(model, "--quant=fp32", "--tokens=258,59,1344,542"))
        .isEqualTo(generated(model, "--quant=fp32", from, "--tokens=542"));
  }

  private static JsonNode scored(String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--json");
    return Shell.run(new ScoreCommand(), all).ok().json();
  }

  private static JsonNode generated(String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--temperature=0", "--max-tokens=12", "--json"));
    return Shell.run(new GenerateCommand(), all).ok().json().path("tokens");
  }

  @Test
  void whatIsNoStateOrTooManyOfThemIsRefusedInOneLine() throws IOException {
    Shell.Result missing =
        Shell.run(new GenerateCommand(), "--model=" + DEMO, "--prompt=a", "--state=/nowhere/x");
    assertThat(missing.exit()).isNotZero();
    assertThat(missing.err()).contains("there is no state at /nowhere/x").hasLineCount(1);
    Shell.Result model =
        Shell.run(
            new GenerateCommand(),
            "--model=" + DEMO,
            "--prompt=a",
            "--state=" + DEMO + "/model.safetensors");
    assertThat(model.exit()).isEqualTo(1);
    assertThat(model.err()).contains("no start state").contains("--model");
    Path state = scratch.resolve("s.safetensors");
    Shell.run(new LogitsCommand(), "--model=" + DEMO, "--tokens=1", "--state-out=" + state).ok();
    Files.copy(state, scratch.resolve("t.safetensors"));
    Shell.Result two =
        Shell.run(
            new GenerateCommand(),
            "--model=" + DEMO,
            "--prompt=a",
            "--state=" + state,
            "--state=" + scratch.resolve("t.safetensors"));
    assertThat(two.exit()).isEqualTo(2);
    assertThat(two.err()).contains("only one --state");
    Shell.Result same =
        Shell.run(
            new GenerateCommand(),
            "--model=" + DEMO,
            "--prompt=a",
            "--state=n=" + state,
            "--state=n=" + scratch.resolve("t.safetensors"));
    assertThat(same.err()).contains("two states are named n");
    Shell.Result bench =
        Shell.run(new BenchCommand(), "decode", "--model=" + DEMO, "--state=" + state);
    assertThat(bench.err()).contains("no use for --state");
  }
}
