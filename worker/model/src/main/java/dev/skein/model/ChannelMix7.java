package dev.skein.model;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.Matrix;
import dev.skein.kernels.WorkerPool.Phase;

/** The channel mix of RWKV-7: {@code out = V max(K (u + (p - u) mix), 0)^2}. */
final class ChannelMix7 implements ChannelMix {
  private final int layer;
  private final ModelConfig config;
  private final Weights7.Channel weights;
  private final Kernels kernels;
  private final boolean quantized;

  private final Phase<Workspace> shift = this::shift;
  private final Phase<Workspace> key = this::key;
  private final Phase<Workspace> bend = this::bend;
  private final Phase<Workspace> value = this::value;

  ChannelMix7(
      int layer, ModelConfig config, Weights7.Channel weights, Kernels kernels, boolean int8) {
    this.layer = layer;
    this.config = config;
    this.weights = weights;
    this.kernels = kernels;
    this.quantized = int8;
  }

  @Override
  public void run(Workspace w) {
    w.byToken(shift);
    w.byPanel(key);
    w.byToken(bend);
    w.byPanel(value);
  }

  @Override
  public long bytes() {
    return weights.bytes();
  }

  private void shift(Workspace w, int part, int parts) {
    Space7 s = space(w);
    int from = w.firstToken(part, parts);
    int to = w.firstToken(part + 1, parts);
    for (int t = from; t < to; t++) {
      float[] p = w.previous(t, w.slab().channelShift(w.slotOf(t), layer));
      kernels.mix(w.normalized[t], p, weights.mixK(), s.inputF.row(t), 0, config.width());
    }
    if (quantized) {
      kernels.quantize(s.inputF, from, to);
    }
  }

  private void key(Workspace w, int part, int parts) {
    Matrix m = weights.key();
    kernels.multiply(
        m,
        space(w).inputF,
        w.tokens(),
        space(w).innerF.rows(),
        m.firstPanel(part, parts),
        m.firstPanel(part + 1, parts),
        w.scratch(part));
  }

  private void bend(Workspace w, int part, int parts) {
    Space7 s = space(w);
    StateSlab slab = w.slab();
    int from = w.firstToken(part, parts);
    int to = w.firstToken(part + 1, parts);
    for (int t = from; t < to; t++) {
      kernels.squaredRelu(s.innerF.row(t), 0, config.ffnWidth());
      if (w.lastOfRow(t)) {
        long shift = slab.channelShift(w.slotOf(t), layer);
        slab.store(w.normalized[t], 0, config.width(), shift);
      }
    }
    if (quantized) {
      kernels.quantize(s.innerF, from, to);
    }
  }

  private void value(Workspace w, int part, int parts) {
    Matrix m = weights.value();
    kernels.multiply(
        m,
        space(w).innerF,
        w.tokens(),
        w.output,
        m.firstPanel(part, parts),
        m.firstPanel(part + 1, parts),
        w.scratch(part));
  }

  private static Space7 space(Workspace w) {
    return (Space7) w.space();
  }
}
