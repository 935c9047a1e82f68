package dev.skein.cli.engine;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.cli.CommandFailure;
import dev.skein.engine.DrawnToken;
import dev.skein.engine.EngineFullException;
import dev.skein.engine.EngineOptions;
import dev.skein.engine.EngineStep;
import dev.skein.engine.FinishReason;
import dev.skein.engine.Generation;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.GenerationListener;
import dev.skein.model.Quantization;
import dev.skein.model.sampling.SamplingParameters;
import java.io.IOException;
import java.io.PrintWriter;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code skein generate}: the engine alone, one generation, no cluster. */
@Command(
    name = "generate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Continue a text or a list of token ids with the engine alone, without a cluster.")
public final class GenerateCommand implements Callable<Integer> {
  @Spec CommandSpec spec;

  @ArgGroup(multiplicity = "1")
  PromptOptions prompt;

  @Mixin LoadOptions model;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      defaultValue = "128",
      description = "Most tokens to draw (default: ${DEFAULT-VALUE}).")
  int maxTokens;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "0 is greedy (default: the model's; greedy with random weights).")
  @Nullable Float temperature;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Draw from the likeliest tokens that make up P (default: the model's).")
  @Nullable Float topP;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Seed of the random numbers; absent: a new one every time.")
  @Nullable Long seed;

  @Option(names = "--stop", paramLabel = "TEXT", description = "End before this text; repeatable.")
  List<String> stop = new ArrayList<>();

  @Option(
      names = "--ignore-end-of-text",
      description = "Go on when the model draws its end-of-text token.")
  boolean ignoreEndOfText;

  @ArgGroup(multiplicity = "0..1", heading = "What the text must be:%n")
  @Nullable ConstraintOptions constraint;

  @Option(
      names = "--json",
      description = "Print one line {\"tokens\":[…],\"text\":…,\"finish_reason\":…}.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    try (LoadedModel loaded = model.open(spec.commandLine(), Quantization.INT8);
        EngineStep step = loaded.newStep(EngineOptions.defaults().withSlots(1))) {
      Transcript transcript = new Transcript(json ? null : out, loaded.tokenizer() != null);
      Generation generation = submit(step, loaded, transcript);
      while (!step.idle()) {
        step.run();
      }
      return finish(transcript, generation, out);
    }
  }

  private Generation submit(EngineStep step, LoadedModel loaded, Transcript transcript)
      throws IOException {
    try {
      Generation generation = generation(loaded);
      step.submit(generation, transcript);
      return generation;
    } catch (IllegalArgumentException e) { // every part of it comes from an option
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    } catch (EngineFullException e) {
      throw new IllegalStateException("the engine refused its only generation", e);
    }
  }

  private Generation generation(LoadedModel loaded) throws IOException {
    SamplingParameters sampling = loaded.defaults();
    if (temperature != null) {
      // Who asks for temperature 0 asks for the likeliest token, not for the likeliest one less
      // penalties.
      boolean greedy = temperature == 0;
      sampling = greedy ? SamplingParameters.GREEDY : sampling.withTemperature(temperature);
    }
    if (topP != null) {
      sampling = sampling.withTopP(topP);
    }
    return Generation.of(prompt.ids(loaded.tokenizer()))
        .start(loaded.start())
        .sampling(sampling)
        .seed(seed == null ? new SecureRandom().nextInt(Integer.MAX_VALUE) : seed)
        .maxTokens(maxTokens)
        .stop(stop)
        .ignoreEndOfText(ignoreEndOfText)
        .guidance(constraint == null ? null : constraint.guidance(loaded, maxTokens))
        .build();
  }

  private int finish(Transcript transcript, Generation generation, PrintWriter out)
      throws IOException {
    GenerationEnd end = transcript.end();
    if (end.reason() == FinishReason.ERROR) {
      throw new CommandFailure(String.valueOf(end.error()));
    }
    if (json) {
      ObjectNode line = JsonNodeFactory.instance.objectNode();
      transcript.tokens.forEach(line.putArray("tokens")::add);
      line.put("text", transcript.text.toString());
      line.put("finish_reason", end.reason().name().toLowerCase(Locale.ROOT));
      line.put("prompt_tokens", end.promptTokens());
      line.put("seed", generation.seed());
      Json.print(out, line);
    } else {
      out.println();
      out.flush();
    }
    return 0;
  }

  /** Collects a reply, and shows it while it comes if there is a place to show it. */
  private static final class Transcript implements GenerationListener {
    final List<Integer> tokens = new ArrayList<>();
    final StringBuilder text = new StringBuilder();
    private final @Nullable PrintWriter live;
    private final boolean speaks;
    private @Nullable GenerationEnd end;

    Transcript(@Nullable PrintWriter live, boolean speaks) {
      this.live = live;
      this.speaks = speaks;
    }

    @Override
    public void onToken(DrawnToken token) {
      tokens.add(token.token());
      text.append(token.text());
      show(speaks ? token.text() : (tokens.size() == 1 ? "" : " ") + token.token());
    }

    @Override
    public void onEnd(GenerationEnd end) {
      this.end = end;
      text.append(end.text());
      show(end.text());
    }

    private void show(String piece) {
      if (live != null && !piece.isEmpty()) {
        live.print(piece);
        live.flush();
      }
    }

    GenerationEnd end() {
      GenerationEnd known = end;
      if (known == null) {
        throw new IllegalStateException("the generation never ended");
      }
      return known;
    }
  }
}
