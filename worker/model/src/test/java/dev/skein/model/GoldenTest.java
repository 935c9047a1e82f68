package dev.skein.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.skein.kernels.Kernels;
import dev.skein.model.bundle.ModelBundle;
import dev.skein.model.dialect.ModelFiles;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.TestFolders;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every file of the golden data gives the vectors of the reference implementation, and every golden
 * is exercised. The cases come from the index: a golden without a test cannot exist. Each case
 * takes one backend in its turn, since all of them give the same bits ({@link InvarianceTest}).
 */
class GoldenTest {
  /** The backends that a case is run with. */
  List<Kernels> backends(int number) {
    List<Kernels> usable = Kernels.usable();
    return List.of(usable.get(number % usable.size()));
  }

  @TestFactory
  List<DynamicTest> bundled() throws IOException {
    return cases(TestFolders.resources("testdata"));
  }

  @TestFactory
  List<DynamicTest> shared() throws IOException {
    return cases(TestFolders.shared("index.json").resolveSibling(""));
  }

  @Test
  void everyBundledVersionHasItsGolden() throws IOException {
    JsonNode index = index(TestFolders.resources("testdata"));
    List<String> versions = new ArrayList<>();
    index.get("goldens").forEach(golden -> versions.add(golden.get("version").asText()));
    assertThat(versions).contains("4", "5.1", "6", "7");
  }

  private static JsonNode index(Path root) throws IOException {
    return new ObjectMapper().readTree(root.resolve("index.json").toFile());
  }

  private List<DynamicTest> cases(Path root) throws IOException {
    JsonNode index = index(root);
    List<DynamicTest> cases = new ArrayList<>();
    Set<String> left = new TreeSet<>();
    index.get("goldens").forEach(golden -> left.add(golden.get("id").asText()));
    for (JsonNode file : index.get("files")) {
      for (JsonNode golden : index.get("goldens")) {
        if (isOf(file, golden)) {
          left.remove(golden.get("id").asText());
          golden.get("prompts").forEach(prompt -> addCases(root, file, golden, prompt, cases));
        }
      }
    }
    assertThat(left).as("goldens without a file").isEmpty();
    return cases;
  }

  /** A golden named like another with an epsilon behind it is of the same file. */
  private static boolean isOf(JsonNode file, JsonNode golden) {
    String id = golden.get("id").asText();
    String named = file.get("golden").asText();
    return id.equals(named) || id.startsWith(named + ".eps");
  }

  private void addCases(
      Path root, JsonNode file, JsonNode golden, JsonNode prompt, List<DynamicTest> cases) {
    Path model = root.resolve(file.get("path").asText());
    Path vectors = root.resolve(prompt.get("file").asText());
    for (Kernels kernels : backends(cases.size())) {
      String name =
          "%s %s %s %s"
              .formatted(
                  file.get("path").asText(),
                  golden.get("id").asText(),
                  vectors.getFileName(),
                  kernels.name());
      cases.add(
          DynamicTest.dynamicTest(
              name, () -> check(model, vectors, golden, tolerance(file, golden), kernels)));
    }
  }

  private static float tolerance(JsonNode file, JsonNode golden) {
    JsonNode own = file.get("logits_tolerance");
    return (float)
        (own != null ? own : golden.get("tolerance").get("logits_abs_fp32_engine")).asDouble();
  }

  private static void check(
      Path model, Path vectors, JsonNode golden, float tolerance, Kernels kernels)
      throws IOException {
    GoldenFile expected = new GoldenFile(vectors);
    float eps = (float) golden.get("group_norm_eps").asDouble(ModelConfig.GROUP_NORM_EPS);
    try (ModelFile file = ModelFiles.open(ModelBundle.find(model).weights());
        Runner runner = new Runner(file, Quantization.FP32, kernels, 2, 64, eps)) {
      assertThat(runner.model().backend()).isEqualTo(kernels.name());
      assertThat(runner.model().config().architecture().title())
          .isEqualTo("RWKV-" + golden.get("version").asText());
      checkLogits(expected, runner, tolerance);
      assertClose("hidden", runner.hidden(), expected.floats("hidden_last"), tolerance, 0);
      checkState(expected, runner);
      if (expected.has("greedy")) {
        checkGreedy(expected, runner, tolerance);
      }
    }
  }

  private static void checkLogits(GoldenFile expected, Runner runner, float tolerance) {
    int[] tokens = expected.ints("tokens");
    float[] logits = expected.floats("logits");
    int vocabulary = runner.model().config().vocabulary();
    int fed = 0;
    int[] positions = expected.ints("logits_pos");
    for (int i = 0; i < positions.length; i++) {
      runner.feed(Arrays.copyOfRange(tokens, fed, positions[i] + 1));
      fed = positions[i] + 1;
      float[] row = Arrays.copyOfRange(logits, i * vocabulary, (i + 1) * vocabulary);
      assertClose("logits after token " + positions[i], runner.logits(), row, tolerance, 0);
    }
    assertThat(fed).isEqualTo(tokens.length);
  }

  private static void checkState(GoldenFile expected, Runner runner) {
    float[] state = runner.state();
    for (StateLayout.Part part : runner.model().stateLayout().parts()) {
      float[] actual = Arrays.copyOfRange(state, part.offset(), part.offset() + part.floats());
      assertClose(part.name(), actual, expected.floats(part.name()), 1e-3f, 1e-3f);
    }
  }

  /** Tokens must agree up to where the reference itself is undecided. */
  private static void checkGreedy(GoldenFile expected, Runner runner, float tolerance) {
    int[] greedy = expected.ints("greedy");
    float[] gaps = expected.floats("greedy_gap");
    boolean decided = true;
    for (int i = 0; i < greedy.length; i++) {
      decided &= gaps[i] >= 4 * tolerance;
      if (decided) {
        assertThat(runner.best()).as("greedy token %d", i).isEqualTo(greedy[i]);
      }
      runner.feed(greedy[i]);
    }
    if (expected.has("logits_after_greedy")) {
      float[] logits = expected.floats("logits_after_greedy");
      assertClose("logits after greedy", runner.logits(), logits, tolerance, 0);
    }
  }

  private static void assertClose(
      String what, float[] actual, float[] expected, float absolute, float relative) {
    assertThat(actual).as(what).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      float allowed = absolute + relative * Math.abs(expected[i]);
      if (!(Math.abs(actual[i] - expected[i]) <= allowed)) {
        throw new AssertionError(
            what + "[" + i + "] is " + actual[i] + ", the reference says " + expected[i]);
      }
    }
  }

  @Test
  void demoModel() throws IOException {
    Path folder = TestFolders.demoModel();
    JsonNode golden = new ObjectMapper().readTree(folder.resolve("golden.json").toFile());
    try (ModelFile file = ModelFile.open(folder.resolve("model.safetensors"));
        Runner runner =
            new Runner(
                file, Quantization.FP32, Kernels.fastest(), 2, 16, ModelConfig.GROUP_NORM_EPS)) {
      for (JsonNode one : golden.get("cases")) {
        runner.reset();
        runner.feed(ints(one.get("prompt_tokens")));
        float[] logits = new float[one.get("last_logits").size()];
        for (int i = 0; i < logits.length; i++) {
          logits[i] = (float) one.get("last_logits").get(i).asDouble();
        }
        assertClose(one.get("prompt").asText(), runner.logits(), logits, 1e-3f, 0);
        for (int token : ints(one.get("greedy_tokens"))) {
          assertThat(runner.best()).isEqualTo(token);
          runner.feed(token);
        }
      }
    }
  }

  private static int[] ints(JsonNode array) {
    int[] out = new int[array.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = array.get(i).asInt();
    }
    return out;
  }
}
