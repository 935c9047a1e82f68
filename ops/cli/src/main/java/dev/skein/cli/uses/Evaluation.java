package dev.skein.cli.uses;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.engine.reading.Score;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Counts what a model got right. Of choices: whether the likeliest answer is the right one, by the
 * log-probability of the whole answer and by the same divided by the answer's bytes (tokens, where
 * there is no text). Of targets: whether greedy decoding writes exactly the target, and e to the
 * mean negative log-probability of a target. Standard errors are those of a mean, {@code sqrt(p (1
 * - p) / (n - 1))}.
 */
final class Evaluation {
  private final ArrayNode examples = JsonNodeFactory.instance.arrayNode();
  private int choices;
  private int right;
  private int rightNormalized;
  private int targets;
  private int exact;
  private double targetLogprob;

  /** Takes the scores of all answers of a choice. */
  void add(Example.Choice choice, List<Score> scores) {
    double[] whole = scores.stream().mapToDouble(Score::logprob).toArray();
    double[] normalized = new double[whole.length];
    for (int i = 0; i < whole.length; i++) {
      normalized[i] = whole[i] / choice.sizes().get(i);
    }
    int best = best(whole);
    int bestNormalized = best(normalized);
    choices++;
    right += best == choice.answer() ? 1 : 0;
    rightNormalized += bestNormalized == choice.answer() ? 1 : 0;
    ObjectNode example = examples.addObject().put("line", choice.line());
    example.put("answer", choice.answer()).put("best", best).put("best_norm", bestNormalized);
    ArrayNode logprobs = example.putArray("logprobs");
    for (double logprob : whole) {
      logprobs.add(logprob);
    }
  }

  /** Takes the score of a target. */
  void add(Example.Target target, Score score) {
    targets++;
    exact += score.greedy() ? 1 : 0;
    targetLogprob += score.logprob();
    examples
        .addObject()
        .put("line", target.line())
        .put("logprob", score.logprob())
        .put("greedy", score.greedy());
  }

  private static int best(double[] values) {
    return IntStream.range(0, values.length).reduce(0, (a, b) -> values[b] > values[a] ? b : a);
  }

  /** Every figure; kinds of lines that the file does not have are left out. */
  ObjectNode toJson(boolean details) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("examples", choices + targets);
    if (choices > 0) {
      ObjectNode part = json.putObject("choices").put("examples", choices);
      put(part, "accuracy", right, choices);
      put(part, "accuracy_norm", rightNormalized, choices);
    }
    if (targets > 0) {
      ObjectNode part = json.putObject("targets").put("examples", targets);
      put(part, "accuracy", exact, targets);
      part.put("perplexity", Math.exp(-targetLogprob / targets));
      part.put("logprob", targetLogprob);
    }
    if (details) {
      json.set("details", examples);
    }
    return json;
  }

  private static void put(ObjectNode part, String name, int hits, int of) {
    double share = (double) hits / of;
    part.put(name, share);
    if (of > 1) {
      part.put(name + "_stderr", Math.sqrt(share * (1 - share) / (of - 1)));
    }
  }
}
