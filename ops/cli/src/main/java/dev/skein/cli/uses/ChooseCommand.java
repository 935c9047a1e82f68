package dev.skein.cli.uses;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.cli.engine.Json;
import dev.skein.cli.engine.LoadedModel;
import dev.skein.cli.engine.PromptOptions;
import dev.skein.engine.reading.Question;
import dev.skein.engine.reading.Reader;
import dev.skein.engine.reading.Score;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code skein choose}: which of several answers a model finds likeliest. */
@Command(
    name = "choose",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Rank given answers to a context by their log-probabilities.",
      "The context is read once. fp32 unless --quant is given."
    })
public final class ChooseCommand implements Callable<Integer> {
  @Spec CommandSpec spec;

  @ArgGroup(multiplicity = "1")
  PromptOptions prompt;

  @Option(
      names = "--answer",
      paramLabel = "TEXT",
      description =
          "An answer, taken literally: most begin with a blank. Repeat it for each answer.")
  List<String> answers = new ArrayList<>();

  @Option(
      names = "--answer-tokens",
      paramLabel = "IDS",
      description = "An answer as token ids; repeat it for each answer, after those in text.")
  List<String> answerTokens = new ArrayList<>();

  @Mixin ReadOptions options;

  /** An answer and what the model thinks of it; {@code bytes} is 0 for one given as ids. */
  private record Ranked(String text, int bytes, Score score) {
    double perByte() {
      return bytes == 0 ? Double.NaN : score.logprob() / bytes;
    }
  }

  @Override
  public Integer call() throws IOException {
    return options.read(this::choose);
  }

  private void choose(LoadedModel model, Reader reader) throws IOException {
    if (answers.size() + answerTokens.size() < 2) {
      throw new IllegalArgumentException("give at least two answers to choose from");
    }
    List<int[]> ids = new ArrayList<>();
    int[] context = prompt.tokens();
    if (context == null) {
      context = PromptOptions.encode(model.tokenizer(), Seam.of(prompt.text(), "").context());
    }
    for (String answer : answers) {
      String whole = Seam.of(prompt.text(), answer).answer();
      ids.add(PromptOptions.encode(model.tokenizer(), whole));
    }
    answerTokens.forEach(list -> ids.add(ReadOptions.ids(list)));
    List<Score> scores =
        reader.choose(new Question(model.start(), options.begun(model, context), ids));
    List<Ranked> ranked = new ArrayList<>();
    for (int i = 0; i < scores.size(); i++) {
      String text = i < answers.size() ? answers.get(i) : answerTokens.get(i - answers.size());
      int bytes = i < answers.size() ? text.getBytes(StandardCharsets.UTF_8).length : 0;
      ranked.add(new Ranked(text, bytes, scores.get(i)));
    }
    PrintWriter out = spec.commandLine().getOut();
    if (options.json) {
      Json.print(out, json(ranked));
    } else {
      print(out, ranked);
    }
  }

  private static int best(List<Ranked> ranked, ToDoubleFunction<Ranked> by) {
    return IntStream.range(0, ranked.size())
        .reduce(
            0, (a, b) -> by.applyAsDouble(ranked.get(b)) > by.applyAsDouble(ranked.get(a)) ? b : a);
  }

  /** e to the log-probabilities, made to add up to one: what the answers are to each other. */
  private static double[] shares(List<Ranked> ranked) {
    double greatest = ranked.stream().mapToDouble(r -> r.score.logprob()).max().orElse(0);
    double[] shares =
        ranked.stream().mapToDouble(r -> Math.exp(r.score.logprob() - greatest)).toArray();
    double total = IntStream.range(0, shares.length).mapToDouble(i -> shares[i]).sum();
    return IntStream.range(0, shares.length).mapToDouble(i -> shares[i] / total).toArray();
  }

  private static ObjectNode json(List<Ranked> ranked) {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("best", best(ranked, r -> r.score.logprob()));
    line.put("best_per_token", best(ranked, r -> r.score.perToken()));
    boolean allText = ranked.stream().allMatch(r -> r.bytes > 0);
    if (allText) {
      line.put("best_per_byte", best(ranked, Ranked::perByte));
    }
    double[] shares = shares(ranked);
    ArrayNode list = line.putArray("answers");
    for (int i = 0; i < ranked.size(); i++) {
      Ranked answer = ranked.get(i);
      ObjectNode entry = list.addObject();
      if (answer.bytes > 0) {
        entry.put("text", answer.text);
      }
      ArrayNode tokens = entry.putArray("tokens");
      IntStream.of(answer.score.tokens()).forEach(tokens::add);
      entry.put("logprob", answer.score.logprob());
      entry.put("logprob_per_token", answer.score.perToken());
      if (answer.bytes > 0) {
        entry.put("logprob_per_byte", answer.perByte());
      }
      entry.put("share", shares[i]);
    }
    return line;
  }

  private static void print(PrintWriter out, List<Ranked> ranked) {
    double[] shares = shares(ranked);
    IntStream.range(0, ranked.size())
        .boxed()
        .sorted((a, b) -> Double.compare(shares[b], shares[a]))
        .forEach(i -> {
          Ranked answer = ranked.get(i);
          out.printf(
              "%6.2f %%  %12.6f  per token %10.6f%s  %s%n",
              100 * shares[i],
              answer.score.logprob(),
              answer.score.perToken(),
              answer.bytes == 0 ? "" : "  per byte %10.6f".formatted(answer.perByte()),
              answer.text);
        });
    out.flush();
  }
}
