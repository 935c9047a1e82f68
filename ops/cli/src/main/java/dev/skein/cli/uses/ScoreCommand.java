package dev.skein.cli.uses;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.cli.engine.Json;
import dev.skein.cli.engine.LoadedModel;
import dev.skein.cli.engine.PromptOptions;
import dev.skein.engine.reading.Passage;
import dev.skein.engine.reading.Reader;
import dev.skein.engine.reading.Score;
import dev.skein.model.text.Tokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code skein score}: how likely a text is. */
@Command(
    name = "score",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "The log-probability of every token of a text, given all before it.",
      "Natural logarithms. Without a context the first token has none. fp32 unless --quant is given."
    })
public final class ScoreCommand implements Callable<Integer> {
  @Spec CommandSpec spec;

  @ArgGroup(multiplicity = "1")
  PromptOptions prompt;

  @Option(
      names = "--context",
      paramLabel = "TEXT",
      description = "Text that is read before and not scored.")
  @Nullable String context;

  @Option(
      names = "--context-tokens",
      paramLabel = "IDS",
      description = "Token ids that are read before and not scored.")
  @Nullable String contextTokens;

  @Mixin ReadOptions options;

  @Override
  public Integer call() throws IOException {
    return options.read(this::score);
  }

  private void score(LoadedModel model, Reader reader) throws IOException {
    if (context != null && contextTokens != null) {
      throw new IllegalArgumentException("--context and --context-tokens exclude each other");
    }
    Passage passage = passage(model);
    if (passage.text().length == 0) {
      throw new IllegalArgumentException("the text is empty: there is nothing to score");
    }
    Score score = reader.score(passage);
    PrintWriter out = spec.commandLine().getOut();
    if (options.json) {
      Json.print(out, json(passage.text(), score, model.tokenizer()));
    } else {
      print(out, score, model.tokenizer());
    }
  }

  private Passage passage(LoadedModel model) {
    Tokenizer tokenizer = model.tokenizer();
    boolean text = prompt.tokens() == null;
    Seam seam = Seam.of(context == null ? "" : context, text ? prompt.text() : "");
    int[] before =
        contextTokens != null
            ? ReadOptions.ids(contextTokens)
            : context == null
                ? new int[0]
                : PromptOptions.encode(tokenizer, text ? seam.context() : context);
    int[] scored = text ? PromptOptions.encode(tokenizer, seam.answer()) : prompt.ids(tokenizer);
    return new Passage(model.start(), options.begun(model, before), scored);
  }

  private static ObjectNode json(int[] text, Score score, @Nullable Tokenizer tokenizer) {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    ArrayNode tokens = line.putArray("tokens");
    ArrayNode logprobs = line.putArray("logprobs");
    int unscored = text.length - score.tokens().length;
    for (int i = 0; i < text.length; i++) {
      tokens.add(text[i]);
      logprobs.add(i < unscored ? null : (Double) score.logprobs()[i - unscored]);
    }
    line.put("logprob", score.logprob());
    line.put("scored_tokens", score.tokens().length);
    line.put("perplexity", Math.exp(-score.perToken()));
    if (tokenizer != null) {
      int bytes = tokenizer.decode(score.tokens()).length;
      line.put("bytes", bytes);
      if (bytes > 0) {
        line.put("bits_per_byte", -score.logprob() / Math.log(2) / bytes);
      }
    }
    return line.put("greedy", score.greedy());
  }

  private static void print(PrintWriter out, Score score, @Nullable Tokenizer tokenizer)
      throws IOException {
    for (int i = 0; i < score.tokens().length; i++) {
      int token = score.tokens()[i];
      String shown =
          tokenizer == null
              ? ""
              : Json.MAPPER.writeValueAsString(
                  new String(tokenizer.bytes(token), StandardCharsets.UTF_8));
      out.printf("%8d  %12.6f  %s%n", token, score.logprobs()[i], shown);
    }
    out.printf(
        "%d tokens, log-probability %.6f, perplexity %.4f%n",
        score.tokens().length, score.logprob(), Math.exp(-score.perToken()));
    out.flush();
  }
}
