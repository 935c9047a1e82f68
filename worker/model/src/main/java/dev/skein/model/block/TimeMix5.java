package dev.skein.model.block;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.Matrix;
import dev.skein.kernels.Rows;
import dev.skein.kernels.WorkerPool.Phase;
import dev.skein.model.ModelConfig;
import dev.skein.model.StateLayout;
import org.jspecify.annotations.Nullable;

/**
 * The time mix of RWKV-5 ("Eagle"): 5.0, 5.1 and 5.2. With u the normalised input, p the previous
 * token's and x_j = u + (p - u) mix_j: {@code r = R x_r, k = K x_k, v = V x_v, g = G x_g}, and on
 * as in {@link KeyedHeads}. RWKV-5.0 has no gate; 5.0 and 5.1 have one decay and one bonus for all
 * channels of a head.
 */
public final class TimeMix5 implements Block {

  /**
   * The weights.
   *
   * @param mixes how much of the previous token the inputs r, k, v, g take, a row each
   * @param gate null in RWKV-5.0, which has no input g either
   */
  public record Weights(
      Rows mixes,
      Matrix receptance,
      Matrix key,
      Matrix value,
      @Nullable Matrix gate,
      KeyedHeads.Weights heads)
      implements Block.Weights {

    @Override
    public long bytes() {
      long bytes = receptance.bytes() + key.bytes() + value.bytes() + heads.bytes();
      bytes += gate == null ? 0 : gate.bytes();
      return bytes + 4L * mixes.count() * mixes.columns();
    }
  }

  private final Weights weights;
  private final Kernels kernels;
  private final boolean quantized;
  private final long shiftState;
  private final KeyedHeads heads;

  private final Phase<Step> shift = this::shift;
  private final Phase<Step> project = this::project;

  TimeMix5(int layer, ModelConfig config, Weights weights, Kernels kernels, boolean int8) {
    this.weights = weights;
    this.kernels = kernels;
    this.quantized = int8;
    this.shiftState = StateLayout.of(config).offset("state.att_x", layer);
    this.heads = new KeyedHeads(layer, config, weights.heads(), kernels, int8);
  }

  @Override
  public void run(Step step) {
    step.byToken(shift);
    step.byPanel(project);
    heads.run(step);
  }

  @Override
  public long bytes() {
    return weights.bytes();
  }

  private void shift(Step step, int part, int parts) {
    Space6 s = space(step);
    int from = step.firstToken(part, parts);
    int to = step.firstToken(part + 1, parts);
    for (int t = from; t < to; t++) {
      step.carry(t, shiftState);
      kernels.shift(step.normalized(), step.previous(), t, weights.mixes(), s.inputs5);
    }
    if (quantized) {
      kernels.quantize(s.inputR, from, to);
      kernels.quantize(s.inputK, from, to);
      kernels.quantize(s.inputV, from, to);
      if (weights.gate() != null) {
        kernels.quantize(s.inputG, from, to);
      }
    }
  }

  private void project(Step step, int part, int parts) {
    Space6 s = space(step);
    step.multiply(kernels, weights.receptance(), s.inputR, s.rows.r(), part, parts);
    step.multiply(kernels, weights.key(), s.inputK, s.rows.k(), part, parts);
    step.multiply(kernels, weights.value(), s.inputV, s.rows.v(), part, parts);
    Matrix gate = weights.gate();
    if (gate != null) {
      step.multiply(kernels, gate, s.inputG, s.rows.g(), part, parts);
    }
  }

  private static Space6 space(Step step) {
    return (Space6) step.timeSpace();
  }
}
