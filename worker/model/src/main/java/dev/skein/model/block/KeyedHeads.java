package dev.skein.model.block;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.Matrix;
import dev.skein.kernels.Norm;
import dev.skein.kernels.Rows;
import dev.skein.kernels.Stretch;
import dev.skein.kernels.Wkv6Weights;
import dev.skein.kernels.WorkerPool.Phase;
import dev.skein.model.Architecture;
import dev.skein.model.ModelConfig;
import dev.skein.model.StateLayout;

/**
 * What the time mixes of RWKV-5 and 6 share: the heads with a state S of a matrix each (row = key
 * index), and all that comes after them.
 *
 * <pre>
 * y = S r + (r . first k) v      S = S decay + k v, in each head
 * out = O (groupnorm(y) silu(g))
 * </pre>
 */
public final class KeyedHeads {

  /**
   * The weights.
   *
   * @param decay of RWKV-5: how much of the state stays with each token, for every key channel of
   *     all heads. Of RWKV-6: what is added to the low-rank product of the token before {@code
   *     exp(-exp(.))} makes that of it
   * @param first what the present token's key is multiplied with for its own result
   */
  public record Weights(Rows decay, Rows first, Norm norm, Matrix output) {
    long bytes() {
      return output.bytes() + 4L * 4 * decay.columns();
    }
  }

  private final ModelConfig config;
  private final Weights weights;
  private final Wkv6Weights recurrence;
  private final Kernels kernels;
  private final boolean quantized;
  private final long shiftState;
  private final long headState;

  private final Phase<Step> recur = this::recur;
  private final Phase<Step> quantizeHeads = this::quantizeHeads;
  private final Phase<Step> output = this::output;

  KeyedHeads(int layer, ModelConfig config, Weights weights, Kernels kernels, boolean int8) {
    this.config = config;
    this.weights = weights;
    this.kernels = kernels;
    this.quantized = int8;
    this.recurrence =
        new Wkv6Weights(
            config.architecture() == Architecture.V6,
            weights.decay(),
            weights.first(),
            weights.norm());
    StateLayout layout = StateLayout.of(config);
    this.shiftState = layout.offset("state.att_x", layer);
    this.headState = layout.offset("state.wkv", layer);
  }

  /** From r, k, v, g (and w in RWKV-6) in {@link Space6} to the output of the block. */
  void run(Step step) {
    step.byPanel(recur);
    if (quantized) {
      step.byToken(quantizeHeads);
    }
    step.byPanel(output);
  }

  private void recur(Step step, int part, int parts) {
    int heads = config.heads();
    long units = (long) step.batch().rows() * heads;
    int to = (int) (units * (part + 1) / parts);
    for (int unit = (int) (units * part / parts); unit < to; unit++) {
      recurHead(step, part, unit / heads, unit % heads);
    }
  }

  /** All tokens of a row, in order, for one head. */
  private void recurHead(Step step, int part, int row, int head) {
    int n = config.headSize();
    int from = head * n;
    long state = step.state(row) + headState + 4L * n * from;
    Stretch stretch = step.stretch(part, row, from, n).state(step.memory(), state);
    kernels.wkv6(((Space6) step.timeSpace()).rows, recurrence, stretch);
    step.leave(row, shiftState, from, n);
  }

  private void quantizeHeads(Step step, int part, int parts) {
    Space6 s = (Space6) step.timeSpace();
    kernels.quantize(s.heads, step.firstToken(part, parts), step.firstToken(part + 1, parts));
  }

  private void output(Step step, int part, int parts) {
    Space6 s = (Space6) step.timeSpace();
    step.multiply(kernels, weights.output(), s.heads, step.output(), part, parts);
  }
}
