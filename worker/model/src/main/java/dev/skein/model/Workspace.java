package dev.skein.model;

import dev.skein.kernels.Activations;
import dev.skein.kernels.ProductScratch;
import dev.skein.kernels.WorkerPool;
import dev.skein.kernels.WorkerPool.Phase;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Everything a step needs beside weights and states, allocated once by {@link Rwkv#newWorkspace},
 * and the results of the last step. One thread uses it at a time.
 */
public final class Workspace implements AutoCloseable {

  private final int maxTokens;
  private final WorkerPool workers;
  private final ProductScratch[] scratch;
  private final BlockSpace space;
  private final float[][] carried;
  private final MemorySegment[] logitViews;
  private final MemorySegment[] hiddenViews;

  /** The residual stream, a row a token. */
  final float[][] residual;

  /** The residual stream after the norm that leads into the present block. */
  final float[][] normalized;

  /** What the last block adds to the residual stream. */
  final float[][] output;

  /** After ln_out, a row for each token after which logits are wanted. */
  final Activations hidden;

  final float[][] logits;

  /** The token after which logits are wanted, for each of these rows. */
  final int[] outputTokens;

  private @Nullable Batch batch;
  private @Nullable StateSlab slab;

  /** For each row of the batch, the number of its first output. */
  private int[] firstOutputs = new int[16];

  Workspace(
      ModelConfig c,
      BlockSpace space,
      WorkerPool workers,
      int maxTokens,
      int maxLogitRows,
      boolean q) {
    this.maxTokens = maxTokens;
    this.workers = workers;
    this.space = space;
    this.scratch = new ProductScratch[workers.threads()];
    for (int i = 0; i < scratch.length; i++) {
      scratch[i] = new ProductScratch();
    }
    residual = new float[maxTokens][c.width()];
    normalized = new float[maxTokens][c.width()];
    output = new float[maxTokens][c.width()];
    carried = new float[maxTokens][c.width()];
    hidden = new Activations(maxLogitRows, c.width(), q);
    logits = new float[maxLogitRows][c.vocabulary()];
    outputTokens = new int[maxLogitRows];
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
    if (batch.tokens() > maxTokens || batch.logitRows() > outputTokens.length) {
      throw new IllegalArgumentException(
          "a step of "
              + batch.tokens()
              + " tokens and "
              + batch.logitRows()
              + " logit rows, the workspace has room for "
              + maxTokens
              + " and "
              + outputTokens.length);
    }
    this.batch = batch;
    this.slab = slab;
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

  Batch batch() {
    if (batch == null) {
      throw new IllegalStateException("no step was begun");
    }
    return batch;
  }

  StateSlab slab() {
    if (slab == null) {
      throw new IllegalStateException("no step was begun");
    }
    return slab;
  }

  int tokens() {
    return batch().tokens();
  }

  int slotOf(int token) {
    return batch().slot(batch().rowOf(token));
  }

  boolean lastOfRow(int token) {
    return batch().start(batch().rowOf(token) + 1) == token + 1;
  }

  /** The normalised input of the token before, which for a row's first token is in its slot. */
  float[] previous(int token, long carriedOffset) {
    if (batch().start(batch().rowOf(token)) < token) {
      return normalized[token - 1];
    }
    slab().load(carriedOffset, carried[token]);
    return carried[token];
  }

  // ---- sharing the work

  /** Runs a phase whose parts are tokens, see {@link #firstToken}. */
  void byToken(Phase<Workspace> phase) {
    if (tokens() <= Activations.BLOCK) {
      phase.run(this, 0, 1);
    } else {
      workers.run(this, phase);
    }
  }

  /** Runs a phase whose parts are panels of matrices, or heads. */
  void byPanel(Phase<Workspace> phase) {
    workers.run(this, phase);
  }

  /** The first token of a thread's share; shares are whole blocks of quantised rows. */
  int firstToken(int part, int parts) {
    return Math.min(tokens(), firstOf(tokens(), part, parts));
  }

  /** The first row of hidden vectors of a thread's share, cut like tokens. */
  int firstHidden(int part, int parts) {
    return Math.min(batch().logitRows(), firstOf(batch().logitRows(), part, parts));
  }

  private static int firstOf(int rows, int part, int parts) {
    int blocks = (rows + Activations.BLOCK - 1) / Activations.BLOCK;
    return blocks * part / parts * Activations.BLOCK;
  }

  ProductScratch scratch(int part) {
    return scratch[part];
  }

  BlockSpace space() {
    return space;
  }

  /** Nothing outside the heap is held; here for the day that changes. */
  @Override
  public void close() {}
}
