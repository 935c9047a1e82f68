package dev.skein.cli.uses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.cli.engine.LogitsCommand;
import dev.skein.cli.engine.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the reading commands print and refuse, on the demo model. */
class ReadingCommandsTest {
  private static final String DEMO =
      "--model=" + Path.of(System.getProperty("skein.home"), "ops/models/skein-demo-9m");
  private static final String BEARS = "User: What do bears eat?\n\nAssistant:";

  @TempDir Path scratch;

  private static JsonNode json(Callable<Integer> command, String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of(DEMO, "--json"));
    return Shell.run(command, all).ok().json();
  }

  private static Shell.Result run(Callable<Integer> command, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add(DEMO);
    return Shell.run(command, all);
  }

  @Test
  void aTextIsScoredTokenByToken() throws IOException {
    JsonNode alone = json(new ScoreCommand(), "--prompt=" + BEARS + " Bears eat berries");
    JsonNode after = json(new ScoreCommand(), "--context=" + BEARS, "--prompt= Bears eat berries");
    int scored = after.path("tokens").size();
    assertThat(after.path("scored_tokens").intValue()).isEqualTo(scored);
    assertThat(alone.path("scored_tokens").intValue())
        .isEqualTo(alone.path("tokens").size() - 1)
        .isGreaterThan(scored);
    double sum = 0;
    for (int i = 0; i < scored; i++) {
      JsonNode logprob = after.path("logprobs").get(i);
      assertThat(logprob)
          .isEqualTo(alone.path("logprobs").get(alone.path("logprobs").size() - scored + i));
      sum += logprob.doubleValue();
    }
    assertThat(after.path("logprob").doubleValue()).isEqualTo(sum).isNegative();
    assertThat(after.path("perplexity").doubleValue())
        .isCloseTo(Math.exp(-sum / scored), within(1e-9));
    assertThat(after.path("bytes").intValue()).isEqualTo(" Bears eat berries".length());
    assertThat(after.path("greedy").booleanValue()).isTrue();
  }

  @Test
  void blanksBeforeTheSeamBelongToWhatFollows() throws IOException {
    JsonNode plain = json(new ScoreCommand(), "--context=" + BEARS, "--prompt= Bears eat");
    JsonNode moved = json(new ScoreCommand(), "--context=" + BEARS + " ", "--prompt=Bears eat");
    assertThat(moved).isEqualTo(plain);
  }

  @Test
  void theEndOfTextTokenMayComeFirst() throws IOException {
    JsonNode ids = json(new ScoreCommand(), "--context-tokens=0", "--tokens=258,59,1344");
    assertThat(json(new ScoreCommand(), "--bos", "--tokens=258,59,1344")).isEqualTo(ids);
    assertThat(ids.path("logprobs")).hasSize(3).noneMatch(JsonNode::isNull);
  }

  @Test
  void theLikelyAnswerIsChosen() throws IOException {
    JsonNode line =
        json(
            new ChooseCommand(),
            "--prompt=" + BEARS,
            "--answer= Bears eat stones.",
            "--answer= Bears eat berries, fish and honey.");
    assertThat(line.path("best").intValue()).isEqualTo(1);
    assertThat(line.path("best_per_token").intValue()).isEqualTo(1);
    assertThat(line.path("best_per_byte").intValue()).isEqualTo(1);
    double shares = 0;
    for (JsonNode answer : line.path("answers")) {
      JsonNode score =
          json(
              new ScoreCommand(), "--context=" + BEARS, "--prompt=" + answer.path("text").asText());
      assertThat(answer.path("tokens")).isEqualTo(score.path("tokens"));
      assertThat(answer.path("logprob")).isEqualTo(score.path("logprob"));
      assertThat(answer.path("logprob_per_byte").doubleValue())
          .isCloseTo(
              score.path("logprob").doubleValue() / answer.path("text").asText().length(),
              within(1e-12));
      shares += answer.path("share").doubleValue();
    }
    assertThat(shares).isCloseTo(1, within(1e-9));
    assertThat(
            run(new ChooseCommand(), "--prompt=a", "--answer= b", "--answer-tokens=258").ok().out())
        .contains("per token");
  }

  @Test
  void vectorsAreThoseOfTheModel() throws IOException {
    JsonNode logits = json(new LogitsCommand(), "--prompt=" + BEARS);
    JsonNode hidden = json(new EmbedCommand(), "--prompt=" + BEARS);
    assertThat(hidden.path("embedding")).isEqualTo(logits.path("hidden"));
    JsonNode unit = json(new EmbedCommand(), "--prompt=" + BEARS, "--normalize", "--kind=mean");
    double squares = 0;
    for (JsonNode value : unit.path("embedding")) {
      squares += value.doubleValue() * value.doubleValue();
    }
    assertThat(squares).isCloseTo(1, within(1e-5));
    assertThat(unit.path("dimensions")).isEqualTo(hidden.path("dimensions"));
  }

  @Test
  void aStateIsToldWithItsPartsAndMayBeCutToALayer() throws IOException {
    JsonNode whole = json(new EmbedCommand(), "--tokens=258,59,1344", "--kind=state");
    JsonNode layer = json(new EmbedCommand(), "--tokens=258,59,1344", "--kind=state", "--layer=3");
    int layers = whole.at("/parts/0/shape/0").intValue();
    assertThat(whole.path("dimensions").intValue())
        .isEqualTo(layers * layer.path("dimensions").intValue());
    for (int part = 0; part < whole.path("parts").size(); part++) {
      int size = 1;
      for (JsonNode dimension : layer.at("/parts/" + part + "/shape")) {
        size *= dimension.intValue();
      }
      int from = whole.at("/parts/" + part + "/from").intValue() + 3 * size;
      int to = layer.at("/parts/" + part + "/from").intValue();
      for (int i = 0; i < size; i++) {
        assertThat(layer.path("embedding").get(to + i))
            .isEqualTo(whole.path("embedding").get(from + i));
      }
    }
    assertThat(run(new EmbedCommand(), "--tokens=1", "--kind=state", "--layer=99").err())
        .contains("layers 0 to " + (layers - 1));
    assertThat(run(new EmbedCommand(), "--tokens=1", "--layer=0").exit()).isEqualTo(2);
  }

  @Test
  void wrongUsageIsExitTwo() {
    for (Shell.Result result :
        List.of(
            run(new ScoreCommand()),
            run(new ScoreCommand(), "--prompt="),
            run(new ScoreCommand(), "--tokens=1,99999"),
            run(new ScoreCommand(), "--tokens=1", "--context=a", "--context-tokens=1"),
            run(new ScoreCommand(), "--tokens=1", "--context-tokens=one"),
            run(new ChooseCommand(), "--prompt=a", "--answer=b"),
            run(new EmbedCommand(), "--prompt=a", "--kind=soul"))) {
      assertThat(result.exit()).as(result.err()).isEqualTo(2);
      assertThat(result.err()).isNotBlank();
    }
  }

  @Test
  void anEvaluationCountsAndItsTextsMeanTheSameAsItsIds() throws IOException {
    Path file =
        file(
            "{\"context\":\"User: What do bears eat?\\n\\nAssistant: Bears eat\","
                + "\"choices\":[\" stones.\",\" berries, fish and honey.\"],\"answer\":1}",
            "{\"context\":\"User: What do bears eat?\\n\\nAssistant: Bears eat\","
                + "\"choices\":[\" stones.\",\" berries, fish and honey.\"],\"answer\":\" stones.\"}",
            "{\"text\":\"User: What do bears eat?\\n\\nAssistant: Bears eat berries, fish and"
                + " honey.\"}");
    JsonNode line = json(new EvalCommand(), file.toString(), "--details");
    assertThat(line.path("examples").intValue()).isEqualTo(3);
    assertThat(line.at("/choices/accuracy").doubleValue()).isEqualTo(0.5);
    assertThat(line.at("/choices/accuracy_norm").doubleValue()).isEqualTo(0.5);
    assertThat(line.at("/choices/accuracy_stderr").doubleValue()).isEqualTo(0.5);
    assertThat(line.at("/targets/accuracy").doubleValue()).isEqualTo(1);
    assertThat(line.at("/targets/accuracy_stderr").isMissingNode()).isTrue();
    JsonNode score =
        json(
            new ScoreCommand(),
            "--context=" + BEARS + " Bears eat berries, fish and",
            "--prompt= honey.");
    assertThat(line.at("/targets/logprob")).isEqualTo(score.path("logprob"));
    JsonNode limited = json(new EvalCommand(), file.toString(), "--limit=1");
    assertThat(limited.path("examples").intValue()).isEqualTo(1);
    assertThat(limited.at("/choices/accuracy").doubleValue()).isEqualTo(1);
    String shown = run(new EvalCommand(), file.toString()).ok().out();
    assertThat(shown).contains("accuracy       0.5000 ± 0.5000").contains("perplexity");
  }

  @Test
  void aSeparatorJoinsContextAndChoice() throws IOException {
    Path joined =
        file("{\"context\":\"Bears eat\",\"choices\":[\"fish\",\"stones\"],\"answer\":0}");
    JsonNode separated = json(new EvalCommand(), joined.toString(), "--separator= ", "--details");
    Path literal =
        file("{\"context\":\"Bears eat\",\"choices\":[\" fish\",\" stones\"],\"answer\":0}");
    assertThat(json(new EvalCommand(), literal.toString(), "--details").at("/details/0/logprobs"))
        .isEqualTo(separated.at("/details/0/logprobs"));
  }

  private Path file(String... lines) throws IOException {
    return Files.write(scratch.resolve("examples.jsonl"), List.of(lines));
  }

  @Test
  void aBadLineIsNamed() throws IOException {
    String good = "{\"context\":\"a\",\"target\":\"b\"}";
    assertFault("not JSON", good, "{\"context\":");
    assertFault("no field context", good, "{\"choices\":[\"a\",\"b\"]}");
    assertFault("at least two", good, "{\"context\":\"a\",\"choices\":[\"a\"],\"answer\":0}");
    assertFault("0 to 1", good, "{\"context\":\"a\",\"choices\":[\"a\",\"b\"],\"answer\":2}");
    assertFault("no last word", good, "{\"text\":\"word\"}");
    assertFault("target is empty", good, "{\"context\":\"a\",\"target\":\"\"}");
    assertFault("context is empty", good, "{\"context\":\"\",\"target\":\"b\"}");
    assertFault("99999 is no token id", good, "{\"context\":[99999],\"target\":\"b\"}");
    assertFault("neither choices nor target nor text", good, "[1]");
    Shell.Result empty = run(new EvalCommand(), file("").toString());
    assertThat(empty.exit()).isEqualTo(1);
    assertThat(empty.err()).contains("there is no line in it");
  }

  private void assertFault(String saying, String... lines) throws IOException {
    Shell.Result result = run(new EvalCommand(), file(lines).toString());
    assertThat(result.exit()).as(saying).isEqualTo(1);
    assertThat(result.err()).contains("line " + lines.length).contains(saying).hasLineCount(1);
  }
}
