package dev.skein.model.block;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.Matrix;
import dev.skein.kernels.Rows;
import dev.skein.kernels.Stretch;
import dev.skein.kernels.Wkv7Rows;
import dev.skein.kernels.Wkv7Weights;
import dev.skein.kernels.WorkerPool.Phase;
import dev.skein.model.ModelConfig;
import dev.skein.model.StateLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The time mix of RWKV-7 ("Goose"). For a token with the normalised input u and the previous
 * token's p, x_j = u + (p - u) mix_j, elementwise but for the products:
 *
 * <pre>
 * r = R x_r        k0 = K x_k       v0 = V x_v
 * w = exp(-e^(-1/2) sigmoid(w0 + W2 tanh(W1 x_w)))
 * a = sigmoid(a0 + A2 A1 x_a)       g = G2 sigmoid(G1 x_g)
 * kk = k0 k_k, of length 1 in each head      k = k0 (1 + (a - 1) k_a)
 * v = v0 in the first layer, above: v0 + (vFirst - v0) sigmoid(v0bias + V2 V1 x_v)
 * S = S w - (S kk) (kk a) + v k     y = S r, in each head
 * out = O ((groupnorm(y) + (r . k r_k) v) g)
 * </pre>
 *
 * <p>The work is a chain of phases, each of which every thread does a part of: by tokens, by panels
 * of matrices, by heads of rows.
 */
public final class TimeMix7 implements Block {
  /**
   * The weights. The letters are those of the equations: r receptance, w decay, k key, v value, a
   * in-context rate, g gate.
   *
   * @param mixes how much of the previous token the inputs r, w, k, v, a, g take, a row each
   * @param output the last product
   * @param loraV null in the first layer
   * @param heads what the recurrence takes
   */
  public record Weights(
      Rows mixes,
      Matrix receptance,
      Matrix key,
      Matrix value,
      Matrix output,
      Lora loraW,
      Lora loraA,
      @Nullable Lora loraV,
      Lora loraG,
      Wkv7Weights heads)
      implements Block.Weights {

    @Override
    public List<Lora> loras() {
      return loraV == null ? List.of(loraW, loraA, loraG) : List.of(loraW, loraA, loraV, loraG);
    }

    @Override
    public long bytes() {
      long matrices = receptance.bytes() + key.bytes() + value.bytes() + output.bytes();
      long loras = loras().stream().mapToLong(Lora::bytes).sum();
      return matrices + loras + 4L * 14 * mixes.columns();
    }
  }

  private final int layer;
  private final ModelConfig config;
  private final Weights weights;
  private final Kernels kernels;
  private final boolean quantized;
  private final long shiftState;
  private final long headState;

  private final Step.Bend bendW;
  private final Step.Bend bendG;
  private final Phase<Step> shift = this::shift;
  private final Phase<Step> project = this::project;
  private final Phase<Step> quantizeInner = this::quantizeInner;
  private final Phase<Step> expand = this::expand;
  private final Phase<Step> recur = this::recur;
  private final Phase<Step> quantizeHeads = this::quantizeHeads;
  private final Phase<Step> output = this::output;

  TimeMix7(int layer, ModelConfig config, Weights weights, Kernels kernels, boolean int8) {
    this.layer = layer;
    this.config = config;
    this.weights = weights;
    this.kernels = kernels;
    this.quantized = int8;
    this.bendW = kernels::tanh;
    this.bendG = kernels::sigmoid;
    StateLayout layout = StateLayout.of(config);
    this.shiftState = layout.offset("state.att_x", layer);
    this.headState = layout.offset("state.wkv", layer);
  }

  @Override
  public void run(Step step) {
    step.byToken(shift);
    step.byPanel(project);
    if (quantized) {
      step.byToken(quantizeInner);
    }
    step.byPanel(expand);
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
    Space7 s = space(step);
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
      kernels.quantize(s.inputW, from, to);
      kernels.quantize(s.inputA, from, to);
      kernels.quantize(s.inputG, from, to);
    }
  }

  private void project(Step step, int part, int parts) {
    Space7 s = space(step);
    Wkv7Rows x = rows(step);
    step.multiply(kernels, weights.receptance(), s.inputR, x.r(), part, parts);
    step.multiply(kernels, weights.key(), s.inputK, x.k(), part, parts);
    step.multiply(kernels, weights.value(), s.inputV, x.v(), part, parts);
    Lora w = weights.loraW();
    Lora a = weights.loraA();
    Lora g = weights.loraG();
    step.multiply(kernels, w.in(), s.inputW, s.innerW(w).rows(), part, parts);
    step.multiply(kernels, a.in(), s.inputA, s.innerA(a).rows(), part, parts);
    step.multiply(kernels, g.in(), s.inputG, s.innerG(g).rows(), part, parts);
    Lora v = weights.loraV();
    if (v != null) {
      step.multiply(kernels, v.in(), s.inputV, s.innerV(v).rows(), part, parts);
    }
    step.bend(bendW, w.in(), s.innerW(w).rows(), part, parts);
    step.bend(bendG, g.in(), s.innerG(g).rows(), part, parts);
  }

  private void quantizeInner(Step step, int part, int parts) {
    Space7 s = space(step);
    int from = step.firstToken(part, parts);
    int to = step.firstToken(part + 1, parts);
    kernels.quantize(s.innerW(weights.loraW()), from, to);
    kernels.quantize(s.innerA(weights.loraA()), from, to);
    kernels.quantize(s.innerG(weights.loraG()), from, to);
    Lora v = weights.loraV();
    if (v != null) {
      kernels.quantize(s.innerV(v), from, to);
    }
  }

  private void expand(Step step, int part, int parts) {
    Space7 s = space(step);
    Wkv7Rows x = rows(step);
    Lora w = weights.loraW();
    Lora a = weights.loraA();
    Lora g = weights.loraG();
    step.multiply(kernels, w.out(), s.innerW(w), x.w(), part, parts);
    step.multiply(kernels, a.out(), s.innerA(a), x.a(), part, parts);
    step.multiply(kernels, g.out(), s.innerG(g), x.g(), part, parts);
    Lora v = weights.loraV();
    if (v != null) {
      step.multiply(kernels, v.out(), s.innerV(v), s.residual, part, parts);
    }
  }

  private void recur(Step step, int part, int parts) {
    int heads = config.heads();
    long units = (long) step.batch().rows() * heads;
    int to = (int) (units * (part + 1) / parts);
    for (int unit = (int) (units * part / parts); unit < to; unit++) {
      recurHead(step, part, unit, to);
    }
  }

  /** All tokens of a row, in order, for one head; meanwhile the next state is on its way. */
  private void recurHead(Step step, int part, int unit, int end) {
    int n = config.headSize();
    int row = unit / config.heads();
    int from = unit % config.heads() * n;
    Stretch stretch = step.stretch(part, row, from, n).state(step.memory(), state(step, unit));
    if (unit + 1 < end) {
      stretch.next(state(step, unit + 1));
    }
    kernels.wkv7(rows(step), weights.heads(), stretch);
    step.leave(row, shiftState, from, n);
  }

  private long state(Step step, int unit) {
    int n = config.headSize();
    long head = unit % config.heads();
    return step.state(unit / config.heads()) + headState + 4L * n * n * head;
  }

  private void quantizeHeads(Step step, int part, int parts) {
    int from = step.firstToken(part, parts);
    kernels.quantize(space(step).heads, from, step.firstToken(part + 1, parts));
  }

  private void output(Step step, int part, int parts) {
    step.multiply(kernels, weights.output(), space(step).heads, step.output(), part, parts);
  }

  private Wkv7Rows rows(Step step) {
    return layer == 0 ? space(step).first : space(step).rows;
  }

  private static Space7 space(Step step) {
    return (Space7) step.timeSpace();
  }
}
