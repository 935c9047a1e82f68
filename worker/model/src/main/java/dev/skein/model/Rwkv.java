package dev.skein.model;

import dev.skein.kernels.Activations;
import dev.skein.kernels.Kernels;
import dev.skein.kernels.Matrix;
import dev.skein.kernels.Norm;
import dev.skein.kernels.Rows;
import dev.skein.kernels.WorkerPool;
import dev.skein.kernels.WorkerPool.Phase;
import dev.skein.model.block.Block;
import dev.skein.model.block.Blocks;
import dev.skein.model.block.Step;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.lang.foreign.Arena;

/**
 * One RWKV model in memory: the trunk that all versions share, {@code x = ln0(embedding)}, for each
 * layer {@code x += timeMix(ln1(x))} and {@code x += channelMix(ln2(x))}, then {@code logits = head
 * ln_out(x)}.
 *
 * <p>Weights are read once and never change. One step runs at a time ({@link #forward} is called by
 * one thread, which the worker pool helps).
 *
 * <p>The result of a row, logits, hidden vector and state, is a function of its tokens, its state
 * and the weights alone, bit for bit: independent of the other rows, of how its tokens are cut into
 * steps, of threads and kernels. A NaN in a state or weight makes the row's logits NaN, never
 * something that looks well, and leaves other rows alone.
 */
public final class Rwkv implements AutoCloseable {
  private final ModelConfig config;
  private final StateLayout layout;
  private final Quantization quantization;
  private final Kernels kernels;
  private final WorkerPool workers;
  private final Arena arena;

  private final Blocks blocks;

  private final Tensor embedding;
  private final Norm embeddingNorm;
  private final Block[] timeMixes;
  private final Block[] channelMixes;
  private final Norm outputNorm;
  private final Matrix head;

  private final Entry[] timeEntries;
  private final Entry[] channelEntries;
  private final Phase<Step> embed = this::embed;
  private final Phase<Workspace> hide = this::hide;
  private final Phase<Workspace> project = this::project;

  private Rwkv(
      ModelConfig config,
      Quantization quantization,
      Kernels kernels,
      WorkerPool workers,
      Arena arena,
      WeightMap map)
      throws ModelFormatException {
    this.config = config;
    this.layout = map.stateLayout();
    this.quantization = quantization;
    this.kernels = kernels;
    this.workers = workers;
    this.arena = arena;
    int layers = config.layers();
    blocks = new Blocks(config, kernels, quantization.quantizesActivations());
    embedding = map.embedding();
    embeddingNorm = map.embeddingNorm();
    timeMixes = new Block[layers];
    channelMixes = new Block[layers];
    timeEntries = new Entry[layers];
    channelEntries = new Entry[layers];
    for (int i = 0; i < layers; i++) {
      timeMixes[i] = blocks.make(i, map.timeMix(i));
      channelMixes[i] = blocks.make(i, map.channelMix(i));
      timeEntries[i] = new Entry(map.timeNorm(i), i > 0);
      channelEntries[i] = new Entry(map.channelNorm(i), true);
    }
    outputNorm = map.outputNorm();
    head = map.head();
    map.finish();
  }

  /**
   * Reads the weights; the file may be closed afterwards.
   *
   * @param groupNormEps normally {@link ModelConfig#GROUP_NORM_EPS}
   * @throws ModelFormatException if the file is not a complete model of a supported version
   */
  public static Rwkv load(
      ModelFile file,
      Quantization quantization,
      Kernels kernels,
      WorkerPool workers,
      float groupNormEps,
      LoadProgress progress)
      throws ModelFormatException {
    Architecture architecture = Architecture.detect(file);
    ModelConfig config = Dimensions.read(architecture, file, groupNormEps);
    Arena arena = Arena.ofShared();
    boolean loaded = false;
    try {
      WeightMap map = new WeightMap(file, config, quantization, arena, workers, progress);
      Rwkv rwkv = new Rwkv(config, quantization, kernels, workers, arena, map);
      loaded = true;
      return rwkv;
    } finally {
      if (!loaded) {
        arena.close();
      }
    }
  }

  /** The dimensions of the model. */
  public ModelConfig config() {
    return config;
  }

  /**
   * The layout of a session's state, with the state that a session begins with: nothing read, or
   * what a state-tuned file says.
   */
  public StateLayout stateLayout() {
    return layout;
  }

  /** How the large matrices are held. */
  public Quantization quantization() {
    return quantization;
  }

  /** The name of the kernels that run: "scalar" or "vector". */
  public String backend() {
    return kernels.name();
  }

  /**
   * The threads that help a step; free between steps for what else the calling thread has to do.
   */
  public WorkerPool workers() {
    return workers;
  }

  /** Bytes of all weights in memory. */
  public long weightBytes() {
    return bytesPerStep() + embedding.data().byteSize();
  }

  /** Weight bytes that one step with logits reads: everything but the embedding table. */
  public long bytesPerStep() {
    long bytes = head.bytes() + 4L * config.width() * (4 + 4L * config.layers());
    for (int i = 0; i < config.layers(); i++) {
      bytes += timeMixes[i].bytes() + channelMixes[i].bytes();
    }
    return bytes;
  }

  /** A workspace for steps of at most so many tokens, with logits after at most so many of them. */
  public Workspace newWorkspace(int maxTokens, int maxLogitRows) {
    if (maxTokens < 1 || maxLogitRows < 1) {
      throw new IllegalArgumentException(
          "a workspace of " + maxTokens + " tokens and " + maxLogitRows + " logit rows");
    }
    Arena memory = Arena.ofShared();
    Step step = blocks.newStep(memory, workers, maxTokens);
    return new Workspace(memory, config, step, maxLogitRows, quantization.quantizesActivations());
  }

  /**
   * Lets the JVM compile the code of a step, see {@link WarmUp}; 150 steps take a second or two.
   */
  public void warmUp(int steps) {
    WarmUp.run(config.architecture(), quantization, kernels, workers, steps);
  }

  /**
   * One step: feeds the rows of the batch to their slots. Afterwards the slots hold the new states,
   * and the workspace the logits and hidden vectors of the rows that wanted them.
   *
   * @throws IllegalArgumentException if a token is not in the vocabulary, a slot not in the slab,
   *     or the batch too large for the workspace; nothing has changed then
   */
  public void forward(Batch batch, StateSlab slab, Workspace w) {
    if (batch.rows() == 0) {
      return;
    }
    check(batch, slab);
    w.begin(batch, slab);
    Step step = w.step;
    step.byToken(embed);
    for (int i = 0; i < config.layers(); i++) {
      step.byToken(timeEntries[i].phase);
      timeMixes[i].run(step);
      step.byToken(channelEntries[i].phase);
      channelMixes[i].run(step);
    }
    if (batch.logitRows() > 0) {
      if (batch.logitRows() <= Activations.BLOCK) {
        hide(w, 0, 1);
      } else {
        workers.run(w, hide);
      }
      workers.run(w, project);
    }
  }

  private void check(Batch batch, StateSlab slab) {
    if (!slab.layout().parts().equals(layout.parts())) {
      throw new IllegalArgumentException("the slab was made for another model");
    }
    for (int row = 0; row < batch.rows(); row++) {
      if (batch.slot(row) < 0 || batch.slot(row) >= slab.slots()) {
        throw new IllegalArgumentException(
            "slot " + batch.slot(row) + " of a slab of " + slab.slots());
      }
    }
    for (int t = 0; t < batch.tokens(); t++) {
      if (batch.token(t) < 0 || batch.token(t) >= config.vocabulary()) {
        throw new IllegalArgumentException(
            "token " + batch.token(t) + " is not in a vocabulary of " + config.vocabulary());
      }
    }
  }

  private void embed(Step step, int part, int parts) {
    int width = config.width();
    Rows x = step.normalized();
    float[] vector = step.vector(part);
    for (int t = step.firstToken(part, parts); t < step.firstToken(part + 1, parts); t++) {
      embedding.read((long) step.batch().token(t) * width, vector, 0, width);
      x.write(t, vector);
      kernels.layerNorm(x, t, embeddingNorm, step.residual(), t);
    }
  }

  /** The way into a block: adds what the block before gave, and normalises. */
  private final class Entry {
    private final Norm norm;
    private final boolean adds;
    final Phase<Step> phase = this::run;

    Entry(Norm norm, boolean adds) {
      this.norm = norm;
      this.adds = adds;
    }

    private void run(Step step, int part, int parts) {
      for (int t = step.firstToken(part, parts); t < step.firstToken(part + 1, parts); t++) {
        if (adds) {
          kernels.add(step.residual(), step.output(), t);
        }
        kernels.layerNorm(step.residual(), t, norm, step.normalized(), t);
      }
    }
  }

  private void hide(Workspace w, int part, int parts) {
    int rows = w.step.batch().logitRows();
    int from = Step.firstOf(rows, part, parts);
    int to = Step.firstOf(rows, part + 1, parts);
    for (int row = from; row < to; row++) {
      int t = w.outputTokens[row];
      kernels.add(w.step.residual(), w.step.output(), t);
      kernels.layerNorm(w.step.residual(), t, outputNorm, w.hidden.rows(), row);
    }
    if (quantization.quantizesActivations()) {
      kernels.quantize(w.hidden, from, to);
    }
  }

  private void project(Workspace w, int part, int parts) {
    int from = head.firstPanel(part, parts);
    int to = head.firstPanel(part + 1, parts);
    int rows = w.step.batch().logitRows();
    kernels.multiply(head, w.hidden, rows, w.logits, from, to, w.step.scratch(part));
  }

  /** Frees the weights; no step may run. */
  @Override
  public void close() {
    arena.close();
  }
}
