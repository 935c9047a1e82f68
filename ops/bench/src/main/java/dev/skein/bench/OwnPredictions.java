package dev.skein.bench;

import dev.skein.model.Batch;
import dev.skein.model.Rwkv;
import dev.skein.model.StateSlab;
import dev.skein.model.Workspace;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** What a model that runs in this process predicts. */
public final class OwnPredictions implements Predictions {
  private final Rwkv rwkv;
  private final List<int[]> texts;
  private final StateSlab slab;
  private final Workspace workspace;
  private final Batch batch = new Batch();
  private final int[] rows;

  /** The model belongs to the caller. */
  public OwnPredictions(Rwkv rwkv, List<int[]> texts) {
    this.rwkv = rwkv;
    this.texts = List.copyOf(texts);
    this.slab = new StateSlab(rwkv.stateLayout(), texts.size());
    this.workspace = rwkv.newWorkspace(texts.size(), texts.size());
    this.rows = new int[texts.size()];
    for (int i = 0; i < texts.size(); i++) {
      slab.initial(i);
    }
  }

  @Override
  public String form() {
    return rwkv.quantization().title();
  }

  @Override
  public long bytesPerStep() {
    return rwkv.bytesPerStep();
  }

  @Override
  public int vocabulary() {
    return rwkv.config().vocabulary();
  }

  @Override
  public void feed(int place) {
    batch.clear();
    for (int i = 0; i < texts.size(); i++) {
      boolean goesOn = place + 1 < texts.get(i).length;
      rows[i] = goesOn ? batch.add(i, texts.get(i), place, 1, true) : -1;
    }
    rwkv.forward(batch, slab, workspace);
  }

  @Override
  public void logits(int text, float[] out) {
    MemorySegment logits = workspace.logits(rows[text]);
    MemorySegment.copy(logits, ValueLayout.JAVA_FLOAT, 0, out, 0, out.length);
  }

  @Override
  public void close() {
    workspace.close();
    slab.close();
  }
}
