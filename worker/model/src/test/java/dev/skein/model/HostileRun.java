package dev.skein.model;

import dev.skein.model.adapter.Adapter;
import dev.skein.model.file.ModelFormatException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Opens files as a user would, feeds a few tokens, and says how each ended. As a program it does so
 * in a JVM of its own, whose heap a test makes small.
 */
final class HostileRun {
  private static final int[] TOKENS = {1, 2, 3, 0};

  private HostileRun() {}

  /**
   * How it ended.
   *
   * @param loaded whether it was opened and ran
   * @param message the refusal, or what was drawn
   */
  record Outcome(boolean loaded, String message) {}

  public static void main(String[] files) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String file : files) {
      try {
        Outcome outcome = of(Path.of(file));
        out.println(
            file + "\t" + (outcome.loaded() ? "load" : "reject") + "\t" + outcome.message());
      } catch (Exception | StackOverflowError | OutOfMemoryError e) {
        out.println(file + "\t" + e + "\t");
      }
    }
  }

  /** Anything but a clean end is an exception. */
  static Outcome of(Path file) throws IOException {
    try {
      return of(file, null);
    } catch (ModelFormatException e) {
      return new Outcome(false, String.valueOf(e.getMessage()));
    }
  }

  /** A refusal is a {@link ModelFormatException}. */
  static Outcome of(Path file, @Nullable Adapter adapter) throws IOException {
    Model.Options plain = Model.Options.defaults();
    Model.Options options =
        new Model.Options(
            Quantization.FP32, "scalar", 1, plain.tokenizer(), plain.groupNormEps(), plain.name());
    try (Model model = Model.open(file, options.withLora(adapter), LoadProgress.NONE)) {
      return new Outcome(true, run(model));
    }
  }

  private static String run(Model model) {
    try (StateSlab slab = new StateSlab(model.rwkv().stateLayout(), 1);
        Workspace workspace = model.rwkv().newWorkspace(4, 1)) {
      Batch batch = new Batch();
      int row = batch.add(0, TOKENS, 0, TOKENS.length, true);
      model.rwkv().forward(batch, slab, workspace);
      return workspace.logits(row).byteSize() + " bytes of logits for " + Arrays.toString(TOKENS);
    }
  }
}
