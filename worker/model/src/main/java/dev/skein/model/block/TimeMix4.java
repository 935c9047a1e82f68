package dev.skein.model.block;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.Matrix;
import dev.skein.kernels.Rows;
import dev.skein.kernels.Stretch;
import dev.skein.kernels.Wkv4Weights;
import dev.skein.kernels.WorkerPool.Phase;
import dev.skein.model.ModelConfig;
import dev.skein.model.StateLayout;

/**
 * The time mix of RWKV-4. With u the normalised input, p the previous token's and x_j = u + (p - u)
 * mix_j, elementwise but for the products:
 *
 * <pre>
 * r = sigmoid(R x_r)        k = K x_k       v = V x_v
 * y = (a + e^(first + k) v) / (b + e^(first + k))
 * a = e^decay a + e^k v     b = e^decay b + e^k
 * out = O (r y)
 * </pre>
 *
 * <p>where a and b are kept divided by e^m, m being the largest exponent that ever went into them,
 * see {@link Kernels#wkv4}.
 */
public final class TimeMix4 implements Block {
  /** Channels of a row that a thread takes at a time. */
  private static final int CHANNELS = 64;

  /**
   * The weights.
   *
   * @param mixes how much of the previous token the inputs r, k, v take, a row each
   * @param decay at most 0, added to the exponents with each token
   * @param first added to the exponent of the present token
   */
  public record Weights(
      Rows mixes,
      Matrix receptance,
      Matrix key,
      Matrix value,
      Matrix output,
      Rows decay,
      Rows first)
      implements Block.Weights {

    @Override
    public long bytes() {
      long matrices = receptance.bytes() + key.bytes() + value.bytes() + output.bytes();
      return matrices + 4L * 5 * mixes.columns();
    }
  }

  private final ModelConfig config;
  private final Weights weights;
  private final Kernels kernels;
  private final boolean quantized;
  private final long shiftState;
  private final Wkv4Weights recurrence;

  private final Phase<Step> shift = this::shift;
  private final Phase<Step> project = this::project;
  private final Phase<Step> recur = this::recur;
  private final Phase<Step> quantizeHeads = this::quantizeHeads;
  private final Phase<Step> output = this::output;

  TimeMix4(int layer, ModelConfig config, Weights weights, Kernels kernels, boolean int8) {
    this.config = config;
    this.weights = weights;
    this.kernels = kernels;
    this.quantized = int8;
    StateLayout layout = StateLayout.of(config);
    this.shiftState = layout.offset("state.att_x", layer);
    this.recurrence =
        new Wkv4Weights(
            weights.decay(),
            weights.first(),
            layout.offset("state.aa", layer),
            layout.offset("state.bb", layer),
            layout.offset("state.pp", layer));
  }

  @Override
  public void run(Step step) {
    step.byToken(shift);
    step.byPanel(project);
    step.byPanel(recur);
    if (quantized) {
      step.byToken(quantizeHeads);
    }
    step.byPanel(output);
  }

  @Override
  public long bytes() {
    return weights.bytes();
  }

  private void shift(Step step, int part, int parts) {
    Space4 s = space(step);
    int from = step.firstToken(part, parts);
    int to = step.firstToken(part + 1, parts);
    for (int t = from; t < to; t++) {
      step.carry(t, shiftState);
      kernels.shift(step.normalized(), step.previous(), t, weights.mixes(), s.inputs);
    }
    if (quantized) {
      kernels.quantize(s.inputR, from, to);
      kernels.quantize(s.inputK, from, to);
      kernels.quantize(s.inputV, from, to);
    }
  }

  private void project(Step step, int part, int parts) {
    Space4 s = space(step);
    step.multiply(kernels, weights.receptance(), s.inputR, s.r, part, parts);
    step.multiply(kernels, weights.key(), s.inputK, s.k, part, parts);
    step.multiply(kernels, weights.value(), s.inputV, s.v, part, parts);
  }

  private void recur(Step step, int part, int parts) {
    int pieces = (config.width() + CHANNELS - 1) / CHANNELS;
    long units = (long) step.batch().rows() * pieces;
    int to = (int) (units * (part + 1) / parts);
    for (int unit = (int) (units * part / parts); unit < to; unit++) {
      recurPiece(step, part, unit / pieces, unit % pieces * CHANNELS);
    }
  }

  /** All tokens of a row, in order, for some channels. */
  private void recurPiece(Step step, int part, int row, int from) {
    int n = Math.min(CHANNELS, config.width() - from);
    Stretch stretch = step.stretch(part, row, from, n).state(step.memory(), step.state(row));
    kernels.wkv4(space(step).rows, recurrence, stretch);
    step.leave(row, shiftState, from, n);
  }

  private void quantizeHeads(Step step, int part, int parts) {
    int from = step.firstToken(part, parts);
    kernels.quantize(space(step).heads, from, step.firstToken(part + 1, parts));
  }

  private void output(Step step, int part, int parts) {
    step.multiply(kernels, weights.output(), space(step).heads, step.output(), part, parts);
  }

  private static Space4 space(Step step) {
    return (Space4) step.timeSpace();
  }
}
