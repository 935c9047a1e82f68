package dev.skein.model.block;

import dev.skein.kernels.Activations;
import dev.skein.kernels.Kernels;
import dev.skein.kernels.Matrix;
import dev.skein.kernels.ProductScratch;
import dev.skein.kernels.WorkerPool;
import dev.skein.kernels.WorkerPool.Phase;
import dev.skein.model.Batch;
import dev.skein.model.ModelConfig;
import dev.skein.model.StateSlab;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * One step on its way through the blocks: the rows of the batch, the vectors of their tokens, the
 * memory of their slots, and how the threads share the work. Allocated once, used for step after
 * step by one thread at a time, which the worker pool helps.
 */
public final class Step {
  private final WorkerPool workers;
  private final ProductScratch[] scratch;
  private final TimeSpace timeSpace;
  private final ChannelSpace channelSpace;
  private final float[][] residual;
  private final float[][] normalized;
  private final float[][] output;
  private final float[][] carried;

  private @Nullable Batch batch;
  private @Nullable StateSlab slab;

  Step(ModelConfig c, TimeSpace time, ChannelSpace channel, WorkerPool workers, int tokens) {
    this.workers = workers;
    this.timeSpace = time;
    this.channelSpace = channel;
    this.scratch = new ProductScratch[workers.threads()];
    for (int i = 0; i < scratch.length; i++) {
      scratch[i] = new ProductScratch();
    }
    residual = new float[tokens][c.width()];
    normalized = new float[tokens][c.width()];
    output = new float[tokens][c.width()];
    carried = new float[tokens][c.width()];
  }

  /** Begins a step of at most {@link #maxTokens} tokens. */
  public void begin(Batch nextBatch, StateSlab nextSlab) {
    this.batch = nextBatch;
    this.slab = nextSlab;
  }

  /** Tokens of the largest step. */
  public int maxTokens() {
    return residual.length;
  }

  /** The rows of the step. */
  public Batch batch() {
    if (batch == null) {
      throw new IllegalStateException("no step was begun");
    }
    return batch;
  }

  private StateSlab slab() {
    if (slab == null) {
      throw new IllegalStateException("no step was begun");
    }
    return slab;
  }

  TimeSpace timeSpace() {
    return timeSpace;
  }

  ChannelSpace channelSpace() {
    return channelSpace;
  }

  // ---- tokens

  /** Number of tokens of all rows. */
  public int tokens() {
    return batch().tokens();
  }

  /** The residual stream at a token. */
  public float[] residual(int token) {
    return residual[token];
  }

  /** The residual stream at a token after the norm that leads into the present block. */
  public float[] normalized(int token) {
    return normalized[token];
  }

  /** What the last block adds to the residual stream at a token. */
  public float[] output(int token) {
    return output[token];
  }

  float[][] outputs() {
    return output;
  }

  boolean lastOfRow(int token) {
    return batch().start(batch().rowOf(token) + 1) == token + 1;
  }

  /**
   * The normalised input of the token before, which for a row's first token is in its slot.
   *
   * @param part bytes from the beginning of a state to where it stands there
   */
  float[] previous(int token, long part) {
    if (batch().start(batch().rowOf(token)) < token) {
      return normalized[token - 1];
    }
    load(batch().rowOf(token), part, carried[token], 0, carried[token].length);
    return carried[token];
  }

  // ---- states

  /** The memory that {@link #state} points into. */
  MemorySegment memory() {
    return slab().memory();
  }

  /** Where the state of a row begins in {@link #memory}, in bytes. */
  long state(int row) {
    return slab().offset(batch().slot(row));
  }

  /** Reads elements {@code from .. from + n} of a vector of a row's state to the same places. */
  void load(int row, long part, float[] out, int from, int n) {
    long at = state(row) + part + 4L * from;
    MemorySegment.copy(memory(), ValueLayout.JAVA_FLOAT, at, out, from, n);
  }

  /** Writes elements {@code from .. from + n} of a vector of a row's state from the same places. */
  void store(int row, long part, float[] values, int from, int n) {
    long at = state(row) + part + 4L * from;
    MemorySegment.copy(values, from, memory(), ValueLayout.JAVA_FLOAT, at, n);
  }

  // ---- sharing the work

  /** Runs a phase whose parts are tokens, see {@link #firstToken}. */
  public void byToken(Phase<Step> phase) {
    if (tokens() <= Activations.BLOCK) {
      phase.run(this, 0, 1);
    } else {
      workers.run(this, phase);
    }
  }

  /** Runs a phase whose parts are panels of matrices, or heads. */
  void byPanel(Phase<Step> phase) {
    workers.run(this, phase);
  }

  /** The first token of a thread's share; shares are whole blocks of quantised rows. */
  public int firstToken(int part, int parts) {
    return firstOf(tokens(), part, parts);
  }

  /** The first of {@code rows} rows of activations of a thread's share: whole blocks, as above. */
  public static int firstOf(int rows, int part, int parts) {
    int blocks = (rows + Activations.BLOCK - 1) / Activations.BLOCK;
    return Math.min(rows, blocks * part / parts * Activations.BLOCK);
  }

  /** A thread's share of the panels of a product for all tokens. */
  void multiply(Kernels kernels, Matrix m, Activations x, float[][] y, int part, int parts) {
    int from = m.firstPanel(part, parts);
    int to = m.firstPanel(part + 1, parts);
    kernels.multiply(m, x, tokens(), y, from, to, scratch[part]);
  }

  /** What a thread needs for products. */
  public ProductScratch scratch(int part) {
    return scratch[part];
  }
}
