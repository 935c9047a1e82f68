package dev.skein.model;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import java.lang.foreign.ValueLayout;

/** A model with one slot, fed as a test likes. */
final class Runner implements AutoCloseable {
  private final WorkerPool workers;
  private final Rwkv model;
  private final StateSlab slab;
  private final Workspace workspace;
  private final Batch batch = new Batch();
  private final int chunk;

  private float[] logits = new float[0];
  private float[] hidden = new float[0];

  Runner(ModelFile file, Quantization q, Kernels kernels, int threads, int chunk, float eps)
      throws ModelFormatException {
    this.workers = new WorkerPool(threads);
    this.model = Rwkv.load(file, q, kernels, workers, eps, LoadProgress.NONE);
    this.slab = new StateSlab(model.stateLayout(), 1);
    this.workspace = model.newWorkspace(chunk, 1);
    this.chunk = chunk;
  }

  Rwkv model() {
    return model;
  }

  /** Feeds the tokens in chunks and keeps what the last of them gives. */
  Runner feed(int... tokens) {
    for (int from = 0; from < tokens.length; from += chunk) {
      int count = Math.min(chunk, tokens.length - from);
      boolean last = from + count == tokens.length;
      batch.clear();
      int row = batch.add(0, tokens, from, count, last);
      model.forward(batch, slab, workspace);
      if (last) {
        logits = workspace.logits(row).toArray(ValueLayout.JAVA_FLOAT);
        hidden = workspace.hidden(row).toArray(ValueLayout.JAVA_FLOAT);
      }
    }
    return this;
  }

  float[] logits() {
    return logits;
  }

  float[] hidden() {
    return hidden;
  }

  int best() {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  float[] state() {
    float[] state = new float[model.stateLayout().floats()];
    slab.save(0, state);
    return state;
  }

  void state(float[] state) {
    slab.load(0, state);
  }

  void reset() {
    slab.initial(0);
  }

  @Override
  public void close() {
    workspace.close();
    slab.close();
    model.close();
    workers.close();
  }
}
