package dev.skein.cli.uses;

import dev.skein.cli.engine.LoadOptions;
import dev.skein.cli.engine.LoadedModel;
import dev.skein.engine.EngineOptions;
import dev.skein.engine.EngineStep;
import dev.skein.engine.reading.Reader;
import dev.skein.model.Quantization;
import java.io.IOException;
import java.util.Arrays;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The model that reads, and what is put before every text. */
final class ReadOptions {
  /** Texts that are read at a time: they share the reading of the weights. */
  private static final int SLOTS = 16;

  @Spec(Spec.Target.MIXEE)
  CommandSpec spec;

  @Mixin LoadOptions model;

  @Option(
      names = "--bos",
      description =
          "Feed the end-of-text token first, as the evaluation scripts of the model's authors do.")
  boolean beginsWithEndOfText;

  @Option(names = "--json", description = "Print one line of JSON.")
  boolean json;

  /** Work with a loaded model. */
  interface Work {
    void run(LoadedModel model, Reader reader) throws IOException;
  }

  /**
   * Loads the model, works and closes it. What a command line asks for and the model cannot do is
   * wrong usage.
   */
  int read(Work work) throws IOException {
    try (LoadedModel loaded = model.open(spec.commandLine(), Quantization.FP32);
        EngineStep step = loaded.newStep(EngineOptions.defaults().withSlots(SLOTS))) {
      work.run(loaded, Reader.of(step));
      return 0;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  /** The context as it is fed: after the end-of-text token, if that was asked for. */
  int[] begun(LoadedModel loaded, int[] context) {
    if (!beginsWithEndOfText) {
      return context;
    }
    int[] begun = new int[context.length + 1];
    begun[0] = loaded.endOfText();
    System.arraycopy(context, 0, begun, 1, context.length);
    return begun;
  }

  /** Token ids written like 1,2,3. */
  static int[] ids(String list) {
    try {
      return Arrays.stream(list.split(",", -1))
          .map(String::strip)
          .mapToInt(Integer::parseInt)
          .toArray();
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + list + "' is no list of token ids like 1,2,3", e);
    }
  }
}
