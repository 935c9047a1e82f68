package dev.skein.cli.uses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.cli.engine.Json;
import dev.skein.cli.engine.LoadBar;
import dev.skein.cli.engine.LoadedModel;
import dev.skein.engine.SessionState;
import dev.skein.engine.reading.Passage;
import dev.skein.engine.reading.Question;
import dev.skein.engine.reading.Reader;
import dev.skein.engine.reading.Score;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skein eval}: accuracy and perplexity over a file of examples. */
@Command(
    name = "eval",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Accuracy and perplexity of a model over a file of examples, one JSON object a line:",
      "  {\"context\":…,\"choices\":[…],\"answer\":N}  the likeliest choice should be number N",
      "  {\"context\":…,\"target\":…}                 the target should follow",
      "  {\"text\":…}                               the last word should follow the rest",
      "Texts are taken literally; a list of token ids may stand for each. fp32 unless --quant is given."
    })
public final class EvalCommand implements Callable<Integer> {
  /** Examples that are read together; the states of their contexts are in memory at a time. */
  private static final int TOGETHER = 8;

  @Spec CommandSpec spec;

  @Parameters(paramLabel = "FILE.jsonl", description = "The examples.")
  Path file = Path.of("");

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Only the first N examples (default: all).")
  @Nullable Integer limit;

  @Option(
      names = "--separator",
      paramLabel = "TEXT",
      defaultValue = "",
      description =
          "Put between context and choice or target; many published files want a blank (default: nothing).")
  String separator = "";

  @Option(names = "--details", description = "Also print every example's log-probabilities.")
  boolean details;

  @Mixin ReadOptions options;

  @Override
  public Integer call() throws IOException {
    return options.read(this::evaluate);
  }

  private void evaluate(LoadedModel model, Reader reader) throws IOException {
    if (limit != null && limit < 1) {
      throw new IllegalArgumentException("--limit must be at least 1");
    }
    List<Example> examples =
        new EvalFile(file, model, separator, context -> options.begun(model, context))
            .read(limit == null ? Integer.MAX_VALUE : limit);
    Evaluation evaluation = new Evaluation();
    SessionState start = model.start();
    PrintWriter err = spec.commandLine().getErr();
    try (LoadBar bar = new LoadBar(err, "reading", String.valueOf(file.getFileName()))) {
      for (int from = 0; from < examples.size(); from += TOGETHER) {
        int to = Math.min(examples.size(), from + TOGETHER);
        evaluate(examples.subList(from, to), start, reader, evaluation);
        bar.loaded(to, examples.size());
      }
    }
    ObjectNode result = evaluation.toJson(details);
    result.put("model", model.name());
    result.put("quant", model.rwkv().quantization().title());
    PrintWriter out = spec.commandLine().getOut();
    if (options.json) {
      Json.print(out, result);
    } else {
      print(out, result);
    }
  }

  private static void evaluate(
      List<Example> examples, @Nullable SessionState start, Reader reader, Evaluation evaluation) {
    List<Example.Choice> choices = new ArrayList<>();
    List<Example.Target> targets = new ArrayList<>();
    for (Example example : examples) {
      switch (example) {
        case Example.Choice choice -> choices.add(choice);
        case Example.Target target -> targets.add(target);
      }
    }
    List<List<Score>> ranked =
        reader.choose(
            choices.stream().map(c -> new Question(start, c.context(), c.answers())).toList());
    for (int i = 0; i < choices.size(); i++) {
      evaluation.add(choices.get(i), ranked.get(i));
    }
    List<Score> scores =
        reader.score(
            targets.stream().map(t -> new Passage(start, t.context(), t.target())).toList());
    for (int i = 0; i < targets.size(); i++) {
      evaluation.add(targets.get(i), scores.get(i));
    }
  }

  private static void print(PrintWriter out, JsonNode result) {
    for (String kind : List.of("choices", "targets")) {
      JsonNode part = result.path(kind);
      if (part.isMissingNode()) {
        continue;
      }
      out.printf("%s: %d examples%n", kind, part.path("examples").intValue());
      for (String figure : List.of("accuracy", "accuracy_norm", "perplexity")) {
        if (part.has(figure)) {
          String error =
              part.has(figure + "_stderr")
                  ? " ± %.4f".formatted(part.path(figure + "_stderr").doubleValue())
                  : "";
          out.printf(
              Locale.ROOT, "  %-14s %.4f%s%n", figure, part.path(figure).doubleValue(), error);
        }
      }
    }
    for (JsonNode example : result.path("details")) {
      out.println(example);
    }
    out.flush();
  }
}
