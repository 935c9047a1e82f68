package dev.skein.cli.engine;

import dev.skein.engine.EngineOptions;
import dev.skein.engine.EngineStep;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.Model;
import dev.skein.model.Rwkv;
import dev.skein.model.sampling.SamplingParameters;
import dev.skein.model.text.Tokenizer;
import org.jspecify.annotations.Nullable;

/**
 * A model in memory, from files or made of random weights.
 *
 * @param name for people
 * @param rwkv the weights
 * @param tokenizer null if the files bring none, and for random weights
 * @param endOfText token id that ends a generation
 * @param defaults sampling where the user says nothing
 * @param owner what closing closes beside the weights
 */
record LoadedModel(
    String name,
    Rwkv rwkv,
    @Nullable Tokenizer tokenizer,
    int endOfText,
    SamplingParameters defaults,
    AutoCloseable owner)
    implements AutoCloseable {

  static LoadedModel of(Model model) {
    return new LoadedModel(
        model.name(),
        model.rwkv(),
        model.tokenizerOrNull(),
        model.endOfText(),
        model.defaults(),
        model);
  }

  static LoadedModel random(String shape, Rwkv rwkv, WorkerPool workers) {
    AutoCloseable owner =
        () -> {
          rwkv.close();
          workers.close();
        };
    return new LoadedModel(shape, rwkv, null, 0, SamplingParameters.GREEDY, owner);
  }

  EngineStep newStep(EngineOptions options) {
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
