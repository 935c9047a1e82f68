package dev.skein.model.sampling;

import dev.skein.kernels.Kernels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The memory that a draw needs, for a vocabulary of a certain size. It keeps nothing between two
 * draws, so all samplers of one thread may share one.
 */
public final class SamplerWorkspace {
  static final int BLOCK = 64;

  // Every backend has the same bits, so the fastest will do.
  final Kernels kernels = Kernels.fastest();
  final float[] logits;
  final float[] weights;
  final int[] candidates;
  final float[] probabilities;
  final double[] blocks;
  final Cutoff cutoff;

  public SamplerWorkspace(int vocabulary) {
    this.logits = new float[vocabulary];
    this.weights = new float[vocabulary];
    this.candidates = new int[vocabulary];
    this.probabilities = new float[vocabulary];
    this.blocks = new double[(vocabulary + BLOCK - 1) / BLOCK];
    this.cutoff = new Cutoff(kernels, vocabulary);
  }

  /** The number of logits. */
  public int vocabulary() {
    return logits.length;
  }

  void load(MemorySegment source) {
    MemorySegment.copy(source, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, logits, 0, logits.length);
  }

  /**
   * The greatest of the loaded logits.
   *
   * @throws ArithmeticException if one is NaN, or none is finite
   */
  float greatest() {
    float greatest = kernels.greatest(logits);
    if (!Float.isFinite(greatest)) {
      throw new ArithmeticException(
          "the model gave a logit that is no finite number: its weights or the state are damaged");
    }
    return greatest;
  }

  /** Sets {@code weights[i] = e^((logits[i] - greatest) / temperature)} and gives their sum. */
  double exponentiate(float greatest, float temperature) {
    return kernels.weigh(logits, greatest, temperature, weights);
  }

  /**
   * The sum of {@code values[from..to)}, added up in one fixed order that lets four additions run
   * at once.
   */
  private static double sum(float[] values, int from, int to) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = from;
    for (; i <= to - 4; i += 4) {
      a += values[i];
      b += values[i + 1];
      c += values[i + 2];
      d += values[i + 3];
    }
    for (; i < to; i++) {
      a += values[i];
    }
    return (a + b) + (c + d);
  }

  /**
   * The index at which the running sum of {@code values[0..count)} first exceeds {@code uniform}
   * times the whole sum: by blocks first, so that the long chain of additions is short.
   */
  int pick(float[] values, int count, double uniform) {
    int n = (count + BLOCK - 1) / BLOCK;
    double total = 0;
    for (int b = 0; b < n; b++) {
      blocks[b] = sum(values, b * BLOCK, Math.min(count, (b + 1) * BLOCK));
      total += blocks[b];
    }
    double wanted = uniform * total;
    double reached = 0;
    int block = 0;
    while (block < n - 1 && reached + blocks[block] <= wanted) {
      reached += blocks[block++];
    }
    // Rounding can lead past the last weight of all: back to where there is one.
    while (block > 0 && blocks[block] == 0) {
      block--;
    }
    int last = block * BLOCK;
    for (int i = last; i < Math.min(count, (block + 1) * BLOCK); i++) {
      if (values[i] > 0) {
        last = i;
        reached += values[i];
        if (reached > wanted) {
          break;
        }
      }
    }
    return last;
  }
}
