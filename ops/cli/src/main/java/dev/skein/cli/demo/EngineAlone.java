package dev.skein.cli.demo;

import dev.skein.cli.CommandFailure;
import dev.skein.engine.DrawnToken;
import dev.skein.engine.Engine;
import dev.skein.engine.EngineFullException;
import dev.skein.engine.EngineOptions;
import dev.skein.engine.FinishReason;
import dev.skein.engine.Generation;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.GenerationListener;
import dev.skein.engine.SessionState;
import dev.skein.model.Model;
import dev.skein.model.text.ChatMessage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A session run by the engine alone, without bus, shards or store: what the bus must agree with to
 * the token.
 */
public final class EngineAlone implements AutoCloseable {
  private final Model model;
  private final Engine engine;
  private @Nullable SessionState state;
  private int[] unread = {};
  private int turns;

  public EngineAlone(Model model) {
    this.model = model;
    this.engine = Engine.start(model, EngineOptions.defaults());
  }

  /** Runs one turn, which says {@code words}, and returns the tokens drawn. */
  int[] turn(String words, long seed, int maxTokens) {
    List<ChatMessage> messages = List.of(new ChatMessage("user", words));
    String text = turns == 0 ? model.template().first(messages) : model.template().next(messages);
    int[] prompt =
        IntStream.concat(Arrays.stream(unread), Arrays.stream(model.tokenizer().encode(text)))
            .toArray();
    Generation generation =
        Generation.of(prompt)
            .start(state)
            .sampling(model.defaults())
            .seed(seed)
            .turn(turns++)
            .maxTokens(maxTokens)
            .stop(model.template().stop())
            .keepState(true)
            .build();
    Recorder recorder = new Recorder();
    GenerationEnd end = run(generation, recorder);
    state = end.state();
    int[] kept = end.kept();
    unread = Arrays.copyOfRange(kept, kept.length - end.unread(), kept.length);
    return recorder.tokens.stream().mapToInt(Integer::intValue).toArray();
  }

  /** The text of the first turn of another session, which goes on whatever the model draws. */
  public String text(String prompt, long seed, int maxTokens) {
    Generation generation =
        Generation.of(model.tokenizer().encode(prompt))
            .sampling(model.defaults())
            .seed(seed)
            .turn(0)
            .maxTokens(maxTokens)
            .ignoreEndOfText(true)
            .build();
    Recorder recorder = new Recorder();
    run(generation, recorder);
    return recorder.text.toString();
  }

  private GenerationEnd run(Generation generation, Recorder recorder) {
    try {
      engine.submit(generation, recorder);
      GenerationEnd end = recorder.end.get();
      if (end.reason() == FinishReason.ERROR) {
        throw new CommandFailure("the engine failed: " + end.error());
      }
      return end;
    } catch (EngineFullException | ExecutionException e) {
      throw new CommandFailure("the engine did not run: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }

  @Override
  public void close() {
    engine.close();
  }

  private static final class Recorder implements GenerationListener {
    private final List<Integer> tokens = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private final CompletableFuture<GenerationEnd> end = new CompletableFuture<>();

    @Override
    public void onToken(DrawnToken token) {
      tokens.add(token.token());
      text.append(token.text());
    }

    @Override
    public void onEnd(GenerationEnd generationEnd) {
      text.append(generationEnd.text());
      end.complete(generationEnd);
    }
  }
}
