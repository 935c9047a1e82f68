package dev.skein.model;

import dev.skein.kernels.Activations;
import dev.skein.kernels.Rows;
import dev.skein.model.block.Step;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Everything a step needs beside weights and states, allocated once by {@link Rwkv#newWorkspace},
 * and the results of the last step. One thread uses it at a time.
 */
public final class Workspace implements AutoCloseable {

  private final Arena arena;

  /** The vectors of the tokens on their way through the blocks. */
  final Step step;

  private final MemorySegment[] logitViews;
  private final MemorySegment[] hiddenViews;

  /** After ln_out, a row for each token after which logits are wanted. */
  final Activations hidden;

  final Rows logits;

  /** The token after which logits are wanted, for each of these rows. */
  final int[] outputTokens;

  private @Nullable Batch batch;

  /** For each row of the batch, the number of its first output. */
  private int[] firstOutputs = new int[16];

  Workspace(Arena arena, ModelConfig c, Step step, int maxLogitRows, boolean q) {
    this.arena = arena;
    this.step = step;
    hidden = new Activations(arena, maxLogitRows, c.width(), q);
    logits = new Rows(arena, maxLogitRows, c.vocabulary());
    outputTokens = new int[maxLogitRows];
    logitViews = new MemorySegment[maxLogitRows];
    hiddenViews = new MemorySegment[maxLogitRows];
    for (int i = 0; i < maxLogitRows; i++) {
      logitViews[i] = logits.row(i);
      hiddenViews[i] = hidden.rows().row(i);
    }
  }

  // ---- results

  /**
   * The V logits after the last token of a row that wanted them; valid until the next step.
   *
   * @throws IllegalArgumentException if the row did not want any
   */
  public MemorySegment logits(int row) {
    return logitViews[output(row, outputs(row) - 1)];
  }

  /**
   * The V logits of output {@code i} of a row: of a row that wanted all, those after its token
   * {@code i}; valid until the next step.
   *
   * @throws IllegalArgumentException if the row did not want it
   */
  public MemorySegment logits(int row, int i) {
    return logitViews[output(row, i)];
  }

  /** The C floats after ln_out, for a row that wanted logits; valid until the next step. */
  public MemorySegment hidden(int row) {
    return hiddenViews[output(row, outputs(row) - 1)];
  }

  /** The C floats after ln_out of output {@code i} of a row; valid until the next step. */
  public MemorySegment hidden(int row, int i) {
    return hiddenViews[output(row, i)];
  }

  private int outputs(int row) {
    return batch == null || row < 0 || row >= batch.rows() ? 0 : batch.outputs(row);
  }

  private int output(int row, int i) {
    if (i < 0 || i >= outputs(row)) {
      throw new IllegalArgumentException("row " + row + " did not want logits");
    }
    return firstOutputs[row] + i;
  }

  // ---- the step

  /** Begins a step; IllegalArgumentException if the batch is too large. */
  void begin(Batch batch, StateSlab slab) {
    if (batch.tokens() > step.maxTokens() || batch.logitRows() > outputTokens.length) {
      throw new IllegalArgumentException(
          "a step of "
              + batch.tokens()
              + " tokens and "
              + batch.logitRows()
              + " logit rows, the workspace has room for "
              + step.maxTokens()
              + " and "
              + outputTokens.length);
    }
    step.begin(batch, slab);
    this.batch = batch;
    if (firstOutputs.length < batch.rows()) {
      firstOutputs = new int[2 * batch.rows()];
    }
    int wanted = 0;
    for (int row = 0; row < batch.rows(); row++) {
      firstOutputs[row] = wanted;
      int end = batch.start(row + 1);
      for (int token = end - batch.outputs(row); token < end; token++) {
        outputTokens[wanted++] = token;
      }
    }
  }

  /** Frees the memory, that of results too; no step may run. */
  @Override
  public void close() {
    arena.close();
  }
}
