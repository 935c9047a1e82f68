package dev.skein.cli.engine;

import dev.skein.bench.Subject;
import dev.skein.engine.EngineOptions;
import dev.skein.engine.EngineStep;
import dev.skein.engine.SessionState;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.Model;
import dev.skein.model.Rwkv;
import dev.skein.model.sampling.SamplingParameters;
import dev.skein.model.text.Tokenizer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A model in memory, from files or made of random weights.
 *
 * @param name for people
 * @param rwkv the weights
 * @param tokenizer null if the files bring none, and for random weights
 * @param endOfText token id that ends a generation
 * @param defaults sampling where the user says nothing
 * @param startStates the states of {@code --state}, by name
 * @param owner what closing closes beside the weights
 */
public record LoadedModel(
    String name,
    Rwkv rwkv,
    @Nullable Tokenizer tokenizer,
    int endOfText,
    SamplingParameters defaults,
    Map<String, float[]> startStates,
    AutoCloseable owner)
    implements AutoCloseable {

  static LoadedModel of(Model model) {
    return new LoadedModel(
        model.name(),
        model.rwkv(),
        model.tokenizerOrNull(),
        model.endOfText(),
        model.defaults(),
        model.startStates(),
        model);
  }

  static LoadedModel random(String shape, Rwkv rwkv, WorkerPool workers) {
    AutoCloseable owner =
        () -> {
          rwkv.close();
          workers.close();
        };
    return new LoadedModel(shape, rwkv, null, 0, SamplingParameters.GREEDY, Map.of(), owner);
  }

  /** The one state that was given, or null for the model's own beginning. */
  public @Nullable SessionState start() {
    if (startStates.size() > 1) {
      throw new IllegalArgumentException("only one --state can be begun with here");
    }
    return startStates.values().stream().findFirst().map(SessionState::of).orElse(null);
  }

  /** What a bench needs of it. */
  public Subject subject(int threads) {
    return new Subject(name, rwkv, tokenizer, threads);
  }

  /** The batch loop over this model. */
  public EngineStep newStep(EngineOptions options) {
    return new EngineStep(rwkv, tokenizer, endOfText, options);
  }

  @Override
  public void close() {
    try {
      owner.close();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("closing the model failed", e);
    }
  }
}
