package dev.skein.model;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.random.RandomWeights;

/**
 * Lets the JVM compile the code of a step before anyone waits for it. Uncompiled, the vector
 * kernels are a thousand times slower, and a large model would spend seconds or minutes in its
 * first steps; a toy model of the same version runs through the same code at a fraction of that.
 * Results do not depend on it.
 */
public final class WarmUp {
  private static final RandomWeights.Ranks RANKS = new RandomWeights.Ranks(32, 32, 16, 32, 32);
  private static final int VOCABULARY = 512;

  private static final int SLOTS = 9;

  private WarmUp() {}

  /**
   * Runs {@code steps} steps of a toy model, with few rows, many rows and prompts in turn; 150 are
   * enough for most of the code. The pool must not be in use.
   */
  public static void run(
      Architecture architecture, Quantization q, Kernels kernels, WorkerPool workers, int steps) {
    RandomWeights.Shape shape =
        new RandomWeights.Shape(architecture, 2, 128, 64, 256, VOCABULARY, RANKS);
    try (Rwkv toy =
            Rwkv.load(
                RandomWeights.of(shape, 0),
                q,
                kernels,
                workers,
                ModelConfig.GROUP_NORM_EPS,
                LoadProgress.NONE);
        StateSlab slab = new StateSlab(toy.stateLayout(), SLOTS);
        Workspace workspace = toy.newWorkspace(SLOTS + 16, SLOTS)) {
      Batch batch = new Batch();
      for (int step = 0; step < steps; step++) {
        fill(batch, step);
        toy.forward(batch, slab, workspace);
      }
    } catch (ModelFormatException e) {
      throw new IllegalStateException("the toy model is broken", e);
    }
  }

  private static void fill(Batch batch, int step) {
    int[] tokens = new int[16];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = (step * 31 + i * 7) % VOCABULARY;
    }
    batch.clear();
    int rows = step % 3 == 0 ? 1 : SLOTS;
    for (int slot = 0; slot < rows; slot++) {
      batch.add(slot, tokens, slot, 1 + (step % 3 == 1 && slot == 0 ? 15 : 0), true);
    }
  }
}
