package dev.skein.model.block;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.Matrix;
import dev.skein.kernels.Rows;
import dev.skein.kernels.WorkerPool.Phase;
import dev.skein.model.ModelConfig;
import dev.skein.model.StateLayout;
import java.util.List;
import java.util.stream.Stream;

/**
 * The time mix of RWKV-6 ("Finch"), in which the mixes and the decay depend on the tokens. With u
 * the normalised input, p the previous token's, j one of w, k, v, r, g:
 *
 * <pre>
 * x_j = u + (p - u) (mix_j + B_j tanh(A_j (u + (p - u) mixX)))
 * r = R x_r     k = K x_k     v = V x_v     g = G x_g
 * decay = exp(-exp(decay0 + D2 tanh(D1 x_w)))
 * </pre>
 *
 * <p>and on as in {@link KeyedHeads}.
 */
public final class TimeMix6 implements Block {
  /**
   * The weights.
   *
   * @param mixX of the input that the mixes are worked out from: how much of the previous token it
   *     takes
   * @param mixes of the inputs w, k, v, r, g: how much of the previous token they always take, a
   *     row each
   * @param loraMixes and how much more or less, by what the tokens say
   */
  public record Weights(
      Rows mixX,
      Rows mixes,
      List<Lora> loraMixes,
      Matrix receptance,
      Matrix key,
      Matrix value,
      Matrix gate,
      Lora loraW,
      KeyedHeads.Weights heads)
      implements Block.Weights {

    @Override
    public List<Lora> loras() {
      return Stream.concat(loraMixes.stream(), Stream.of(loraW)).toList();
    }

    @Override
    public long bytes() {
      long bytes = receptance.bytes() + key.bytes() + value.bytes() + gate.bytes() + heads.bytes();
      bytes += loras().stream().mapToLong(Lora::bytes).sum();
      return bytes + 4L * 6 * mixX.columns();
    }
  }

  private final Weights weights;
  private final Kernels kernels;
  private final boolean quantized;
  private final long shiftState;
  private final KeyedHeads heads;

  private final Step.Bend bend;
  private final Phase<Step> shift = this::shift;
  private final Phase<Step> projectMixes = this::projectMixes;
  private final Phase<Step> expandMixes = this::expandMixes;
  private final Phase<Step> mix = this::mix;
  private final Phase<Step> project = this::project;
  private final Phase<Step> expandDecay = this::expandDecay;

  TimeMix6(int layer, ModelConfig config, Weights weights, Kernels kernels, boolean int8) {
    this.weights = weights;
    this.kernels = kernels;
    this.quantized = int8;
    this.bend = kernels::tanh;
    this.shiftState = StateLayout.of(config).offset("state.att_x", layer);
    this.heads = new KeyedHeads(layer, config, weights.heads(), kernels, int8);
  }

  @Override
  public void run(Step step) {
    step.byToken(shift);
    step.byPanel(projectMixes);
    step.byPanel(expandMixes);
    step.byToken(mix);
    step.byPanel(project);
    step.byPanel(expandDecay);
    heads.run(step);
  }

  @Override
  public long bytes() {
    return weights.bytes();
  }

  private void shift(Step step, int part, int parts) {
    for (int t = step.firstToken(part, parts); t < step.firstToken(part + 1, parts); t++) {
      step.carry(t, shiftState);
      Rows[] out = space(step).inputsX;
      kernels.shift(step.normalized(), step.previous(), t, weights.mixX(), out);
    }
  }

  private void projectMixes(Step step, int part, int parts) {
    Space6 s = space(step);
    for (int j = 0; j < Space6.MIXES; j++) {
      Matrix m = weights.loraMixes().get(j).in();
      step.multiply(kernels, m, s.inputX, s.innerMix[j].rows(), part, parts);
      step.bend(bend, m, s.innerMix[j].rows(), part, parts);
    }
  }

  private void expandMixes(Step step, int part, int parts) {
    Space6 s = space(step);
    for (int j = 0; j < Space6.MIXES; j++) {
      Matrix m = weights.loraMixes().get(j).out();
      step.multiply(kernels, m, s.innerMix[j], s.mix[j], part, parts);
    }
  }

  private void mix(Step step, int part, int parts) {
    Space6 s = space(step);
    int from = step.firstToken(part, parts);
    int to = step.firstToken(part + 1, parts);
    for (int t = from; t < to; t++) {
      kernels.shift(step.normalized(), step.previous(), t, weights.mixes(), s.mix, s.inputs6);
    }
    if (quantized) {
      kernels.quantize(s.inputK, from, to);
      kernels.quantize(s.inputV, from, to);
      kernels.quantize(s.inputR, from, to);
      kernels.quantize(s.inputG, from, to);
    }
  }

  private void project(Step step, int part, int parts) {
    Space6 s = space(step);
    step.multiply(kernels, weights.receptance(), s.inputR, s.rows.r(), part, parts);
    step.multiply(kernels, weights.key(), s.inputK, s.rows.k(), part, parts);
    step.multiply(kernels, weights.value(), s.inputV, s.rows.v(), part, parts);
    step.multiply(kernels, weights.gate(), s.inputG, s.rows.g(), part, parts);
    step.multiply(kernels, weights.loraW().in(), s.inputW, s.innerW.rows(), part, parts);
    step.bend(bend, weights.loraW().in(), s.innerW.rows(), part, parts);
  }

  private void expandDecay(Step step, int part, int parts) {
    Space6 s = space(step);
    step.multiply(kernels, weights.loraW().out(), s.innerW, s.rows.w(), part, parts);
  }

  private static Space6 space(Step step) {
    return (Space6) step.timeSpace();
  }
}
