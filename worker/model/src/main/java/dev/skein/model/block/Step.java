package dev.skein.model.block;

import dev.skein.kernels.Activations;
import dev.skein.kernels.Kernels;
import dev.skein.kernels.Matrix;
import dev.skein.kernels.ProductScratch;
import dev.skein.kernels.Rows;
import dev.skein.kernels.Stretch;
import dev.skein.kernels.WorkerPool;
import dev.skein.kernels.WorkerPool.Phase;
import dev.skein.model.Batch;
import dev.skein.model.ModelConfig;
import dev.skein.model.StateSlab;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
  private final Stretch[] stretches;
  private final float[][] vectors;
  private final Rows residual;
  private final Rows normalized;
  private final Rows previous;
  private final Rows output;

  private @Nullable Batch batch;
  private @Nullable StateSlab slab;

  Step(
      Arena arena,
      ModelConfig c,
      TimeSpace time,
      ChannelSpace channel,
      WorkerPool workers,
      int tokens) {
    this.workers = workers;
    this.timeSpace = time;
    this.channelSpace = channel;
    this.scratch = new ProductScratch[workers.parts()];
    this.stretches = new Stretch[workers.parts()];
    for (int i = 0; i < scratch.length; i++) {
      scratch[i] = new ProductScratch();
      stretches[i] = new Stretch();
    }
    vectors = new float[workers.parts()][c.width()];
    residual = new Rows(arena, tokens, c.width());
    normalized = new Rows(arena, tokens, c.width());
    previous = new Rows(arena, tokens, c.width());
    output = new Rows(arena, tokens, c.width());
  }

  /** Begins a step of at most {@link #maxTokens} tokens. */
  public void begin(Batch nextBatch, StateSlab nextSlab) {
    this.batch = nextBatch;
    this.slab = nextSlab;
  }

  /** Tokens of the largest step. */
  public int maxTokens() {
    return residual.count();
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

  /** The residual stream, a row a token. */
  public Rows residual() {
    return residual;
  }

  /** The residual stream after the norm that leads into the present block. */
  public Rows normalized() {
    return normalized;
  }

  /** What the last block adds to the residual stream. */
  public Rows output() {
    return output;
  }

  /** What {@link #carry} brought. */
  Rows previous() {
    return previous;
  }

  /**
   * Brings to a token's row of {@link #previous} the normalised input of the token before, which
   * for a row's first token is in its slot.
   *
   * @param part bytes from the beginning of a state to where it stands there
   */
  void carry(int token, long part) {
    int row = batch().rowOf(token);
    boolean first = batch().start(row) == token;
    MemorySegment source = first ? memory() : normalized.data();
    long at = first ? state(row) + part : normalized.at(token - 1);
    long bytes = 4L * normalized.columns();
    MemorySegment.copy(source, at, previous.data(), previous.at(token), bytes);
  }

  /** Leaves some columns of the normalised input of a row's last token in its slot. */
  void leave(int row, long part, int from, int n) {
    long at = state(row) + part + 4L * from;
    int last = batch().start(row + 1) - 1;
    MemorySegment.copy(normalized.data(), normalized.at(last, from), memory(), at, 4L * n);
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

  /** The first token of a part; parts are whole blocks of quantised rows. */
  public int firstToken(int part, int parts) {
    return firstOf(tokens(), part, parts);
  }

  /** The first of {@code rows} rows of activations of a part: whole blocks, as above. */
  public static int firstOf(int rows, int part, int parts) {
    int blocks = (rows + Activations.BLOCK - 1) / Activations.BLOCK;
    return Math.min(rows, blocks * part / parts * Activations.BLOCK);
  }

  /** Part of the panels of a product for all tokens. */
  void multiply(Kernels kernels, Matrix m, Activations x, Rows y, int part, int parts) {
    int from = m.firstPanel(part, parts);
    int to = m.firstPanel(part + 1, parts);
    if (from < to) {
      kernels.multiply(m, x, tokens(), y, from, to, scratch[part]);
    }
  }

  /** The function between two products, for the columns that {@link #multiply} gives a part. */
  void bend(Bend function, Matrix m, Rows y, int part, int parts) {
    int from = m.firstPanel(part, parts) * Matrix.PANEL;
    int n = Math.min(m.rows(), m.firstPanel(part + 1, parts) * Matrix.PANEL) - from;
    for (int t = 0; t < tokens() && n > 0; t++) {
      function.apply(y, t, from, n);
    }
  }

  /** A function of the kernels, element by element. */
  @FunctionalInterface
  interface Bend {
    void apply(Rows x, int row, int from, int n);
  }

  /** All tokens of a row and some of their channels, for the next piece of a part. */
  Stretch stretch(int part, int row, int from, int n) {
    Stretch stretch = stretches[part];
    return stretch.tokens(batch().start(row), batch().start(row + 1)).channels(from, n);
  }

  /** Room of a part for the vector of a token. */
  public float[] vector(int part) {
    return vectors[part];
  }

  /** What a part needs for products. */
  public ProductScratch scratch(int part) {
    return scratch[part];
  }
}
