package dev.skein.model;

import dev.skein.kernels.Activations;
import dev.skein.kernels.Kernels;
import dev.skein.kernels.Matrix;
import dev.skein.kernels.ProductScratch;
import dev.skein.kernels.Wkv7Row;
import dev.skein.kernels.WorkerPool.Phase;
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
final class TimeMix7 implements TimeMix {
  private static final float MIN_NORM = 1e-12f;

  private final int layer;
  private final ModelConfig config;
  private final Weights7.Time weights;
  private final Kernels kernels;
  private final boolean quantized;

  private final Phase<Workspace> shift = this::shift;
  private final Phase<Workspace> project = this::project;
  private final Phase<Workspace> bend = this::bend;
  private final Phase<Workspace> expand = this::expand;
  private final Phase<Workspace> recur = this::recur;
  private final Phase<Workspace> quantizeHeads = this::quantizeHeads;
  private final Phase<Workspace> output = this::output;

  TimeMix7(int layer, ModelConfig config, Weights7.Time weights, Kernels kernels, boolean int8) {
    this.layer = layer;
    this.config = config;
    this.weights = weights;
    this.kernels = kernels;
    this.quantized = int8;
  }

  @Override
  public void run(Workspace w) {
    w.byToken(shift);
    w.byPanel(project);
    w.byToken(bend);
    w.byPanel(expand);
    w.byPanel(recur);
    if (quantized) {
      w.byToken(quantizeHeads);
    }
    w.byPanel(output);
  }

  @Override
  public long bytes() {
    return weights.bytes();
  }

  private void shift(Workspace w, int part, int parts) {
    Space7 s = space(w);
    int n = config.width();
    int from = w.firstToken(part, parts);
    int to = w.firstToken(part + 1, parts);
    for (int t = from; t < to; t++) {
      float[] u = w.normalized[t];
      float[] p = w.previous(t, w.slab().timeShift(w.slotOf(t), layer));
      kernels.mix(u, p, weights.mixR(), s.inputR.row(t), 0, n);
      kernels.mix(u, p, weights.mixW(), s.inputW.row(t), 0, n);
      kernels.mix(u, p, weights.mixK(), s.inputK.row(t), 0, n);
      kernels.mix(u, p, weights.mixV(), s.inputV.row(t), 0, n);
      kernels.mix(u, p, weights.mixA(), s.inputA.row(t), 0, n);
      kernels.mix(u, p, weights.mixG(), s.inputG.row(t), 0, n);
    }
    if (quantized) {
      kernels.quantize(s.inputR, from, to);
      kernels.quantize(s.inputK, from, to);
      kernels.quantize(s.inputV, from, to);
    }
  }

  private void project(Workspace w, int part, int parts) {
    Space7 s = space(w);
    multiply(weights.receptance(), s.inputR, s.r, w, part, parts);
    multiply(weights.key(), s.inputK, s.k, w, part, parts);
    multiply(weights.value(), s.inputV, layer == 0 ? s.firstV : s.v, w, part, parts);
    multiply(weights.loraW().in(), s.inputW, s.innerW.rows(), w, part, parts);
    multiply(weights.loraA().in(), s.inputA, s.innerA.rows(), w, part, parts);
    multiply(weights.loraG().in(), s.inputG, s.innerG.rows(), w, part, parts);
    Lora v = weights.loraV();
    if (v != null) {
      multiply(v.in(), s.inputV, s.innerV.rows(), w, part, parts);
    }
  }

  /** The functions between the two factors of the low-rank products. */
  private void bend(Workspace w, int part, int parts) {
    Space7 s = space(w);
    for (int t = w.firstToken(part, parts); t < w.firstToken(part + 1, parts); t++) {
      kernels.tanh(s.innerW.row(t), 0, weights.loraW().rank());
      kernels.sigmoid(s.innerG.row(t), 0, weights.loraG().rank());
    }
  }

  private void expand(Workspace w, int part, int parts) {
    Space7 s = space(w);
    multiply(weights.loraW().out(), s.innerW, s.w, w, part, parts);
    multiply(weights.loraA().out(), s.innerA, s.a, w, part, parts);
    multiply(weights.loraG().out(), s.innerG, s.g, w, part, parts);
    Lora v = weights.loraV();
    if (v != null) {
      multiply(v.out(), s.innerV, s.gateV, w, part, parts);
    }
  }

  private void recur(Workspace w, int part, int parts) {
    int heads = config.heads();
    long units = (long) w.batch().rows() * heads;
    int to = (int) (units * (part + 1) / parts);
    for (int unit = (int) (units * part / parts); unit < to; unit++) {
      recurHead(w, unit / heads, unit % heads);
    }
  }

  /** All tokens of a row, in order, for one head. */
  private void recurHead(Workspace w, int row, int head) {
    int n = config.headSize();
    int from = head * n;
    int start = w.batch().start(row);
    int end = w.batch().start(row + 1);
    StateSlab slab = w.slab();
    int slot = w.batch().slot(row);
    long state = slab.wkv(slot, layer, head);
    for (int t = start; t < end; t++) {
      Space7 s = space(w);
      Wkv7Row x = layer == 0 ? s.firstRows[t] : s.rows[t];
      prepare(x, s, t, from, n);
      kernels.wkv7(x, head, n, slab.memory(), state);
      finish(x, s.g[t], from, n);
    }
    slab.store(w.normalized[end - 1], from, n, slab.timeShift(slot, layer));
  }

  private void prepare(Wkv7Row x, Space7 s, int t, int from, int n) {
    float[] a = s.a[t];
    kernels.decay(weights.baseW(), x.w(), from, n);
    kernels.sigmoid(weights.baseA(), a, from, n);
    float @Nullable [] baseV = weights.baseV();
    if (baseV != null) {
      kernels.sigmoid(baseV, s.gateV[t], from, n);
      kernels.mix(x.v(), s.firstV[t], s.gateV[t], x.v(), from, n);
    }
    kernels.multiply(x.k(), weights.removal(), x.kk(), from, n);
    kernels.l2Normalize(x.kk(), MIN_NORM, from, n);
    kernels.scaleKey(x.k(), a, weights.keyRate(), from, n);
    kernels.multiply(x.kk(), a, x.b(), from, n);
  }

  private void finish(Wkv7Row x, float[] gate, int from, int n) {
    Norm norm = weights.norm();
    kernels.groupNorm(x.y(), norm.weight(), norm.bias(), config.groupNormEps(), from, n);
    float bonus = kernels.dot(x.r(), x.k(), weights.bonus(), from, n);
    kernels.addScaled(x.y(), bonus, x.v(), from, n);
    kernels.multiply(x.y(), gate, x.y(), from, n);
  }

  private void quantizeHeads(Workspace w, int part, int parts) {
    int from = w.firstToken(part, parts);
    kernels.quantize(space(w).heads, from, w.firstToken(part + 1, parts));
  }

  private void output(Workspace w, int part, int parts) {
    multiply(weights.output(), space(w).heads, w.output, w, part, parts);
  }

  private void multiply(Matrix m, Activations x, float[][] y, Workspace w, int part, int parts) {
    ProductScratch scratch = w.scratch(part);
    int from = m.firstPanel(part, parts);
    kernels.multiply(m, x, w.tokens(), y, from, m.firstPanel(part + 1, parts), scratch);
  }

  private static Space7 space(Workspace w) {
    return (Space7) w.space();
  }
}
