package dev.skein.model.block;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.Matrix;
import dev.skein.kernels.Rows;
import dev.skein.kernels.WorkerPool.Phase;
import dev.skein.model.ModelConfig;
import dev.skein.model.StateLayout;
import org.jspecify.annotations.Nullable;

/**
 * The channel mix of all versions: with u the normalised input, p the previous token's and x_j = u
 * + (p - u) mix_j, {@code out = V max(K x_k, 0)^2}, up to RWKV-6 times {@code sigmoid(R x_r)}.
 */
public final class ChannelMix implements Block {

  /**
   * The weights.
   *
   * @param mixes how much of the previous token the inputs k and r take, a row each
   * @param receptance null from RWKV-7 on, which have no input r either
   */
  public record Weights(Rows mixes, Matrix key, Matrix value, @Nullable Matrix receptance)
      implements Block.Weights {

    @Override
    public long bytes() {
      long gate = receptance == null ? 0 : receptance.bytes();
      return key.bytes() + value.bytes() + gate + 4L * mixes.count() * mixes.columns();
    }
  }

  private final ModelConfig config;
  private final Weights weights;
  private final Kernels kernels;
  private final boolean quantized;
  private final long shiftState;

  private final Phase<Step> shift = this::shift;
  private final Phase<Step> project = this::project;
  private final Step.Bend bend;
  private final Phase<Step> quantize = this::quantize;
  private final Phase<Step> value = this::value;
  private final Phase<Step> gate = this::gate;

  ChannelMix(int layer, ModelConfig config, Weights weights, Kernels kernels, boolean int8) {
    this.config = config;
    this.weights = weights;
    this.kernels = kernels;
    this.quantized = int8;
    this.bend = kernels::squaredRelu;
    this.shiftState = StateLayout.of(config).offset("state.ffn_x", layer);
  }

  @Override
  public void run(Step step) {
    step.byToken(shift);
    step.byPanel(project);
    step.byToken(quantize);
    step.byPanel(value);
    if (weights.receptance() != null) {
      step.byToken(gate);
    }
  }

  @Override
  public long bytes() {
    return weights.bytes();
  }

  private void shift(Step step, int part, int parts) {
    ChannelSpace s = step.channelSpace();
    int from = step.firstToken(part, parts);
    int to = step.firstToken(part + 1, parts);
    for (int t = from; t < to; t++) {
      step.carry(t, shiftState);
      kernels.shift(step.normalized(), step.previous(), t, weights.mixes(), s.inputs);
    }
    if (quantized) {
      kernels.quantize(s.inputK, from, to);
      if (weights.receptance() != null) {
        kernels.quantize(s.inputR, from, to);
      }
    }
  }

  private void project(Step step, int part, int parts) {
    ChannelSpace s = step.channelSpace();
    step.multiply(kernels, weights.key(), s.inputK, s.inner.rows(), part, parts);
    step.bend(bend, weights.key(), s.inner.rows(), part, parts);
    Matrix receptance = weights.receptance();
    if (receptance != null) {
      step.multiply(kernels, receptance, s.inputR, s.r, part, parts);
    }
  }

  private void quantize(Step step, int part, int parts) {
    int from = step.firstToken(part, parts);
    int to = step.firstToken(part + 1, parts);
    for (int t = from; t < to; t++) {
      int row = step.batch().rowOf(t);
      if (step.batch().start(row + 1) == t + 1) {
        step.leave(row, shiftState, 0, config.width());
      }
    }
    if (quantized) {
      kernels.quantize(step.channelSpace().inner, from, to);
    }
  }

  private void value(Step step, int part, int parts) {
    step.multiply(kernels, weights.value(), step.channelSpace().inner, step.output(), part, parts);
  }

  private void gate(Step step, int part, int parts) {
    for (int t = step.firstToken(part, parts); t < step.firstToken(part + 1, parts); t++) {
      kernels.gate(step.output(), step.channelSpace().r, t);
    }
  }
}
