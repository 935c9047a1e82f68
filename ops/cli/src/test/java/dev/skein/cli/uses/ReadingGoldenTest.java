package dev.skein.cli.uses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.cli.engine.GoldenSet;
import dev.skein.cli.engine.GoldenSet.Tensors;
import dev.skein.cli.engine.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code score} and {@code eval} against the log-probabilities that follow from the golden logits
 * of the reference implementations, in every version.
 */
class ReadingGoldenTest {
  /** Of a sum of log-probabilities. */
  private static final double TOLERANCE = 1e-4;

  /** A golden that allows a logit so much is of a model on which fp32 itself drifts. */
  private static final double ILL_CONDITIONED = 1e-3;

  /**
   * Of such a sum over the longest prompt: a plain program of the formulas differs by 2.8e-4 in
   * fp32 from itself in 64 bits.
   */
  private static final double DRIFT = 1e-3;

  private static final String LONGEST = "p512";

  @TempDir Path scratch;

  /** A model file, the golden set that it must reproduce, and how it is opened. */
  private record Subject(Path file, Path golden, String eps, boolean drifts) {
    @Override
    public String toString() {
      return golden.getFileName() + " " + file.getFileName();
    }

    List<String> options() {
      return List.of("--model=" + file, "--group-norm-eps=" + eps, "--json");
    }
  }

  private static List<Subject> subjects() throws IOException {
    Path folder = GoldenSet.folder();
    List<Subject> subjects = new ArrayList<>();
    for (JsonNode file : GoldenSet.index(folder).path("files")) {
      String format = file.path("format").asText();
      boolean read = format.startsWith("pth") || format.startsWith("safetensors");
      if (!read || format.contains("legacy")) {
        continue;
      }
      Path path = folder.resolve(file.path("path").asText());
      subjects.add(subject(path, folder, file.path("golden").asText(), "64e-5"));
      if (file.has("also_with_eps_1e-5")) {
        subjects.add(subject(path, folder, file.path("also_with_eps_1e-5").asText(), "1e-5"));
      }
    }
    return subjects;
  }

  private static Subject subject(Path file, Path folder, String id, String eps) throws IOException {
    for (JsonNode golden : GoldenSet.index(folder).path("goldens")) {
      if (golden.path("id").asText().equals(id)) {
        double ofLogits = golden.at("/tolerance/logits_abs_fp32_engine").doubleValue();
        boolean drifts = ofLogits > ILL_CONDITIONED;
        return new Subject(file, folder.resolve("golden").resolve(id), eps, drifts);
      }
    }
    throw new AssertionError("the index has no golden " + id);
  }

  @TestFactory
  Stream<DynamicTest> scoresAgreeWithTheReference() throws IOException {
    return subjects().stream().map(s -> DynamicTest.dynamicTest(s.toString(), () -> score(s)));
  }

  private static void score(Subject subject) throws IOException {
    for (String prompt : List.of("p3", "p64", LONGEST)) {
      Path file = subject.golden.resolve(prompt + ".safetensors");
      if (!Files.exists(file)) {
        continue; // a plain checkout carries the short ones only
      }
      Tensors golden = Tensors.read(file);
      int[] tokens = golden.ints("tokens");
      List<String> arguments = new ArrayList<>(subject.options());
      arguments.add("--tokens=" + Shell.ids(tokens));
      JsonNode line = Shell.run(new ScoreCommand(), arguments).ok().json();
      assertThat(line.path("logprobs")).hasSize(tokens.length);
      assertThat(line.path("logprobs").get(0).isNull()).isTrue();
      int[] positions = golden.ints("logits_pos");
      double sum = 0;
      double expected = 0;
      for (int i = 0; i < positions.length; i++) {
        int next = positions[i] + 1;
        if (next < tokens.length) {
          expected += logprob(golden, i, tokens[next]);
          sum += line.path("logprobs").get(next).doubleValue();
        }
      }
      boolean drifts = subject.drifts && prompt.equals(LONGEST);
      double tolerance = drifts ? DRIFT : TOLERANCE;
      assertThat(sum).as(prompt).isCloseTo(expected, within(tolerance));
    }
  }

  @TestFactory
  Stream<DynamicTest> evaluationsAgreeWithTheReference() throws IOException {
    return subjects().stream().map(s -> DynamicTest.dynamicTest(s.toString(), () -> evaluate(s)));
  }

  /** After the prompt, the greedy word of the reference should be chosen and be the target. */
  private void evaluate(Subject subject) throws IOException {
    Tensors golden = Tensors.read(subject.golden.resolve("p64.safetensors"));
    int[] tokens = golden.ints("tokens");
    int[] greedy = golden.ints("greedy");
    int last = golden.ints("logits_pos").length - 1;
    int other = (greedy[0] + 1) % (golden.floats("logits").length / (last + 1));
    double likely = logprob(golden, last, greedy[0]);
    double unlikely = logprob(golden, last, other);

    ObjectNode choice = object("context", tokens);
    ArrayNode choices = choice.putArray("choices");
    choices.add(ids(other)).add(ids(greedy[0]));
    choice.put("answer", 1);
    ObjectNode target = object("context", tokens);
    target.set("target", ids(greedy[0]));
    ObjectNode wrong = object("context", tokens);
    wrong.set("target", ids(other));
    Path file = scratch.resolve("examples.jsonl");
    Files.write(file, List.of(choice.toString(), "", target.toString(), wrong.toString()));

    List<String> arguments = new ArrayList<>(subject.options());
    arguments.addAll(List.of(file.toString(), "--details"));
    JsonNode line = Shell.run(new EvalCommand(), arguments).ok().json();
    assertThat(line.at("/choices/accuracy").doubleValue()).isEqualTo(1);
    assertThat(line.at("/targets/accuracy").doubleValue()).isEqualTo(0.5);
    assertThat(line.at("/targets/accuracy_stderr").doubleValue()).isEqualTo(0.5);
    assertThat(line.at("/targets/logprob").doubleValue())
        .isCloseTo(likely + unlikely, within(TOLERANCE));
    assertThat(line.at("/targets/perplexity").doubleValue())
        .isCloseTo(Math.exp(-(likely + unlikely) / 2), within(1e-3 / Math.exp(unlikely)));
    JsonNode logprobs = line.at("/details/0/logprobs");
    assertThat(logprobs.get(0).doubleValue()).isCloseTo(unlikely, within(TOLERANCE));
    assertThat(logprobs.get(1).doubleValue()).isCloseTo(likely, within(TOLERANCE));
    assertThat(line.at("/details/2/line").intValue()).isEqualTo(4);
  }

  private static double logprob(Tensors golden, int row, int token) {
    float[] all = golden.floats("logits");
    int vocabulary = all.length / golden.ints("logits_pos").length;
    float[] logits = Arrays.copyOfRange(all, row * vocabulary, (row + 1) * vocabulary);
    double greatest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      greatest = Math.max(greatest, logit);
    }
    double total = 0;
    for (float logit : logits) {
      total += Math.exp(logit - greatest);
    }
    return logits[token] - greatest - Math.log(total);
  }

  private static ObjectNode object(String name, int[] ids) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    object.set(name, ids(ids));
    return object;
  }

  private static ArrayNode ids(int... ids) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    for (int id : ids) {
      list.add(id);
    }
    return list;
  }
}
