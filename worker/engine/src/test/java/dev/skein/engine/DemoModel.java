package dev.skein.engine;

import dev.skein.model.LoadProgress;
import dev.skein.model.Model;
import dev.skein.model.ModelConfig;
import dev.skein.model.Quantization;
import dev.skein.model.sampling.SamplingParameters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/** The bundled model, loaded once for all tests of this JVM, and the ways to run it. */
final class DemoModel {
  static final Model MODEL = open();
  static final SamplingParameters LIVELY =
      SamplingParameters.GREEDY.withTemperature(1f).withTopP(0.9f);

  private DemoModel() {}

  private static Model open() {
    Path path = Path.of(System.getProperty("skein.home")).resolve("ops/models/skein-demo-9m");
    try {
      Model.Options options =
          new Model.Options(Quantization.INT8, "auto", 2, null, ModelConfig.GROUP_NORM_EPS, null);
      return Model.open(path, options, LoadProgress.NONE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static int[] ids(String text) {
    return MODEL.tokenizer().encode(text);
  }

  static EngineStep step(int slots, int tokensPerStep) {
    return new EngineStep(MODEL, new EngineOptions(slots, tokensPerStep, 100));
  }

  /** Runs until nothing is left. */
  static void drain(EngineStep step) {
    while (!step.idle()) {
      step.run();
    }
  }

  /** The generation alone in a fresh step. */
  static Outcome alone(Generation g) {
    return together(1, 64, List.of(g)).getFirst();
  }

  /** The generations together in a fresh step, submitted at once. */
  static List<Outcome> together(int slots, int tokensPerStep, List<Generation> generations) {
    try (EngineStep step = step(slots, tokensPerStep)) {
      List<Outcome> outcomes = generations.stream().map(g -> new Outcome()).toList();
      for (int i = 0; i < generations.size(); i++) {
        step.submit(generations.get(i), outcomes.get(i));
      }
      drain(step);
      return outcomes;
    } catch (EngineFullException e) {
      throw new AssertionError(e);
    }
  }

  /** The state after feeding these tokens from the zero state, one chunk after another. */
  static SessionState fed(int[]... chunks) {
    SessionState state = null;
    for (int[] chunk : chunks) {
      Generation g = Generation.of(chunk).start(state).maxTokens(0).keepState(true).build();
      state = alone(g).state();
    }
    if (state == null) {
      throw new AssertionError("nothing was fed");
    }
    return state;
  }
}
