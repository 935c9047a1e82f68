package dev.skein.cli.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.model.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code skein logits} against the golden vectors of the reference implementation, for every file
 * of the index, and bit for bit against itself over chunks, backends and threads. A golden named
 * like another with an epsilon behind it is of the same files.
 */
class LogitsConformanceTest {
  @TempDir Path scratch;

  /** A model file and what it must reproduce. */
  record Subject(Path file, Path golden, Map<String, Path> prompts, double tolerance, float eps) {
    @Override
    public String toString() {
      return golden.getFileName() + " " + file.getFileName();
    }
  }

  private static List<Subject> subjects(Path folder) throws IOException {
    JsonNode index = GoldenSet.index(folder);
    List<Subject> subjects = new ArrayList<>();
    for (JsonNode file : index.path("files")) {
      for (JsonNode golden : index.path("goldens")) {
        if (isOf(file, golden)) {
          subjects.add(subject(folder, file, golden));
        }
      }
    }
    return subjects;
  }

  private static boolean isOf(JsonNode file, JsonNode golden) {
    String id = golden.path("id").asText();
    String named = file.path("golden").asText();
    return id.equals(named) || id.startsWith(named + ".eps");
  }

  private static Subject subject(Path folder, JsonNode file, JsonNode golden) {
    Map<String, Path> prompts = new TreeMap<>();
    golden
        .path("prompts")
        .properties()
        .forEach(p -> prompts.put(p.getKey(), folder.resolve(p.getValue().path("file").asText())));
    double ofGolden = golden.path("tolerance").path("logits_abs_fp32_engine").doubleValue();
    return new Subject(
        folder.resolve(file.path("path").asText()),
        folder.resolve("golden").resolve(golden.path("id").asText()),
        prompts,
        file.path("logits_tolerance").asDouble(ofGolden),
        (float) golden.path("group_norm_eps").asDouble(ModelConfig.GROUP_NORM_EPS));
  }

  @TestFactory
  Stream<DynamicTest> goldenVectors() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Subject subject : subjects(GoldenSet.folder())) {
      subject
          .prompts()
          .forEach((name, file) ->
              tests.add(
                  DynamicTest.dynamicTest(subject + " " + name, () -> compare(subject, file))));
    }
    return tests.stream();
  }

  private void compare(Subject subject, Path goldenFile) throws IOException {
    GoldenSet.Tensors golden = GoldenSet.Tensors.read(goldenFile);
    int[] prompt = golden.ints("tokens");
    Answer answer = ask(subject, prompt, "fp32", "vector", 1, 64, null);
    assertClose(answer.logits(), golden.lastRow("logits"), subject.tolerance());
    assertClose(answer.hidden(), golden.floats("hidden_last"), 1e-3);
    GoldenSet.Tensors state = GoldenSet.Tensors.read(answer.state());
    List<String> parts =
        golden.header().properties().stream()
            .map(Map.Entry::getKey)
            .filter(name -> name.startsWith("state."))
            .toList();
    assertThat(state.header().size()).isEqualTo(parts.size()).isGreaterThan(2);
    for (String part : parts) {
      assertRelativelyClose(state.floats(part), golden.floats(part));
      assertThat(state.header().path(part).path("shape"))
          .isEqualTo(golden.header().path(part).path("shape"));
    }
    if (golden.has("greedy")) {
      compareGreedy(subject, prompt, golden.ints("greedy"), golden.floats("greedy_gap"));
    }
    if (golden.has("logits_after_greedy")) {
      int[] greedy = golden.ints("greedy");
      Answer after = ask(subject, greedy, "fp32", "vector", 2, 7, answer.state());
      assertClose(after.logits(), golden.floats("logits_after_greedy"), subject.tolerance());
    }
  }

  /** Tokens must agree up to where the reference itself is undecided. */
  private static void compareGreedy(Subject subject, int[] prompt, int[] greedy, float[] gaps)
      throws IOException {
    int decided = 0;
    while (decided < gaps.length && gaps[decided] >= 4 * subject.tolerance()) {
      decided++;
    }
    JsonNode json =
        Shell.run(
                new GenerateCommand(),
                "--model=" + subject.file(),
                "--tokens=" + Shell.ids(prompt),
                "--max-tokens=" + greedy.length,
                "--temperature=0",
                "--quant=fp32",
                "--group-norm-eps=" + subject.eps(),
                "--ignore-end-of-text",
                "--json")
            .ok()
            .json();
    assertThat(json.path("finish_reason").asText()).isEqualTo("length");
    assertThat(ints(json.path("tokens")).subList(0, decided))
        .isEqualTo(Arrays.stream(greedy).limit(decided).boxed().toList());
  }

  @TestFactory
  @Tag("full")
  Stream<DynamicTest> chunksBackendsAndThreadsChangeNoBit() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Subject subject : subjects(GoldenSet.folder())) {
      if (subject.golden().toString().contains(".eps")) {
        continue; // the same file
      }
      for (String quant : List.of("fp32", "int8")) {
        tests.add(
            DynamicTest.dynamicTest(
                subject + " " + quant, () -> compareWithItself(subject, quant)));
      }
    }
    return tests.stream();
  }

  private void compareWithItself(Subject subject, String quant) throws IOException {
    int[] prompt =
        GoldenSet.Tensors.read(Objects.requireNonNull(subject.prompts().get("p64"))).ints("tokens");
    Answer first = ask(subject, prompt, quant, "scalar", 1, 64, null);
    byte[] state = Files.readAllBytes(first.state());
    for (How how :
        List.of(
            new How("scalar", 2, 7),
            new How("vector", 1, 1),
            new How("vector", 2, 64),
            new How("vector", 1, 7))) {
      Answer answer = ask(subject, prompt, quant, how.backend(), how.threads(), how.chunk(), null);
      assertThat(answer.logits()).as("logits: " + how).isEqualTo(first.logits());
      assertThat(answer.hidden()).as("hidden: " + how).isEqualTo(first.hidden());
      assertThat(Files.readAllBytes(answer.state())).as("state: " + how).isEqualTo(state);
    }
  }

  private record How(String backend, int threads, int chunk) {}

  @Test
  void theWholeSetIsHere() {
    GoldenSet.assumeWholeSet();
  }

  @Test
  void noGoldenVectorIsLeftOut() throws IOException {
    Path folder = GoldenSet.folder();
    JsonNode index = GoldenSet.index(folder);
    Set<String> exercised = new TreeSet<>();
    subjects(folder).forEach(s -> exercised.add(s.golden().getFileName().toString()));
    Set<String> due = new TreeSet<>();
    for (JsonNode golden : index.path("goldens")) {
      due.add(golden.path("id").asText());
    }
    assertThat(exercised).isEqualTo(due).isNotEmpty();
    for (Subject subject : subjects(folder)) {
      try (Stream<Path> prompts = Files.list(subject.golden())) {
        assertThat(prompts.toList())
            .containsExactlyInAnyOrderElementsOf(subject.prompts().values());
      }
    }
  }

  // ---- asking

  @SuppressWarnings("ArrayRecordComponent") // compared by content only
  private record Answer(float[] logits, float[] hidden, Path state) {}

  private Answer ask(
      Subject subject,
      int[] tokens,
      String quant,
      String backend,
      int threads,
      int chunk,
      @Nullable Path stateIn)
      throws IOException {
    Path state = Files.createTempFile(scratch, "state", ".safetensors");
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--model=" + subject.file(),
                "--tokens=" + Shell.ids(tokens),
                "--quant=" + quant,
                "--backend=" + backend,
                "--threads=" + threads,
                "--chunk=" + chunk,
                "--group-norm-eps=" + subject.eps(),
                "--state-out=" + state,
                "--json"));
    if (stateIn != null) {
      arguments.add("--state-in=" + stateIn);
    }
    JsonNode json = Shell.run(new LogitsCommand(), arguments).ok().json();
    assertThat(json.path("backend").asText()).isEqualTo(backend);
    assertThat(json.path("quant").asText()).isEqualTo(quant);
    return new Answer(floats(json.path("logits")), floats(json.path("hidden")), state);
  }

  private static float[] floats(JsonNode list) {
    float[] values = new float[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.parseFloat(list.get(i).asText());
    }
    return values;
  }

  private static List<Integer> ints(JsonNode list) {
    List<Integer> values = new ArrayList<>();
    list.forEach(n -> values.add(n.intValue()));
    return values;
  }

  private static void assertClose(float[] actual, float[] expected, double tolerance) {
    assertThat(actual).hasSameSizeAs(expected);
    double worst = 0;
    for (int i = 0; i < actual.length; i++) {
      worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
      assertThat(actual[i]).isFinite();
    }
    assertThat(worst).isLessThanOrEqualTo(tolerance);
  }

  private static void assertRelativelyClose(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      double allowed = 1e-3 * (1 + Math.abs(expected[i]));
      if (!(Math.abs(actual[i] - expected[i]) <= allowed)) {
        throw new AssertionError(
            "number %d is %s and should be %s".formatted(i, actual[i], expected[i]));
      }
    }
  }
}
