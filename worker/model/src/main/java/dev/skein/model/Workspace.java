package dev.skein.model;

import dev.skein.kernels.Activations;
import dev.skein.model.block.Step;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Everything a step needs beside weights and states, allocated once by {@link Rwkv#newWorkspace},
 * and the results of the last step. One thread uses it at a time.
 */
public final class Workspace implements AutoCloseable {

  /** The vectors of the tokens on their way through the blocks. */
  final Step step;

  private final MemorySegment[] logitViews;
  private final MemorySegment[] hiddenViews;

  /** After ln_out, a row for each row of the batch that wants logits. */
  final Activations hidden;

  final float[][] logits;

  /** The token after which logits are wanted, for each of these rows. */
  final int[] lastTokens;

  private @Nullable Batch batch;
  private int[] logitRows = new int[16];

  Workspace(ModelConfig c, Step step, int maxLogitRows, boolean q) {
    this.step = step;
    hidden = new Activations(maxLogitRows, c.width(), q);
    logits = new float[maxLogitRows][c.vocabulary()];
    lastTokens = new int[maxLogitRows];
    logitViews = new MemorySegment[maxLogitRows];
    hiddenViews = new MemorySegment[maxLogitRows];
    for (int i = 0; i < maxLogitRows; i++) {
      logitViews[i] = MemorySegment.ofArray(logits[i]);
      hiddenViews[i] = MemorySegment.ofArray(hidden.row(i));
    }
  }

  // ---- results

  /**
   * The V logits after the last token of a row that wanted them; valid until the next step.
   *
   * @throws IllegalArgumentException if the row did not want any
   */
  public MemorySegment logits(int row) {
    return logitViews[logitRow(row)];
  }

  /** The C floats after ln_out, for a row that wanted logits; valid until the next step. */
  public MemorySegment hidden(int row) {
    return hiddenViews[logitRow(row)];
  }

  private int logitRow(int row) {
    if (batch == null || row < 0 || row >= batch.rows() || logitRows[row] < 0) {
      throw new IllegalArgumentException("row " + row + " did not want logits");
    }
    return logitRows[row];
  }

  // ---- the step

  /** Begins a step; IllegalArgumentException if the batch is too large. */
  void begin(Batch batch, StateSlab slab) {
    if (batch.tokens() > step.maxTokens() || batch.logitRows() > lastTokens.length) {
      throw new IllegalArgumentException(
          "a step of "
              + batch.tokens()
              + " tokens and "
              + batch.logitRows()
              + " logit rows, the workspace has room for "
              + step.maxTokens()
              + " and "
              + lastTokens.length);
    }
    step.begin(batch, slab);
    this.batch = batch;
    if (logitRows.length < batch.rows()) {
      logitRows = new int[2 * batch.rows()];
    }
    int wanted = 0;
    for (int row = 0; row < batch.rows(); row++) {
      logitRows[row] = batch.wantsLogits(row) ? wanted : -1;
      if (batch.wantsLogits(row)) {
        lastTokens[wanted++] = batch.start(row + 1) - 1;
      }
    }
  }

  /** Nothing outside the heap is held; here for the day that changes. */
  @Override
  public void close() {}
}
