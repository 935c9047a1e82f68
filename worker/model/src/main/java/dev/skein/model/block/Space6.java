package dev.skein.model.block;

import dev.skein.kernels.Activations;
import dev.skein.kernels.Rows;
import dev.skein.kernels.Wkv6Rows;
import dev.skein.model.Architecture;
import dev.skein.model.ModelConfig;
import java.lang.foreign.Arena;

/**
 * What the time mixes of RWKV-5 and 6 need for a step, allocated once; a row a token. What only
 * RWKV-6 uses has no elements in RWKV-5.
 */
final class Space6 implements TimeSpace {
  /** How many inputs are mixed by what the tokens say. */
  static final int MIXES = 5;

  final Activations inputR;
  final Activations inputK;
  final Activations inputV;
  final Activations inputG;

  /** What the mixes of RWKV-6 are worked out from. */
  final Activations inputX;

  final Activations inputW;

  /** The inputs of RWKV-5: r, k, v, and g where there is a gate. */
  final Rows[] inputs5;

  /** The one input that the mixes of RWKV-6 are worked out from. */
  final Rows[] inputsX;

  /** The inputs of RWKV-6: w, k, v, r, g. */
  final Rows[] inputs6;

  /** Low-rank products before their second factor: of the mixes w, k, v, r, g, and of the decay. */
  final Activations[] innerMix = new Activations[MIXES];

  final Activations innerW;

  /** How much of the previous token each of the five inputs takes beside what it always does. */
  final Rows[] mix = new Rows[MIXES];

  /** Results of the heads, the input of the last product. */
  final Activations heads;

  /** The vectors of the recurrence. */
  final Wkv6Rows rows;

  /**
   * @param rank the largest of all low-rank products
   */
  Space6(Arena arena, ModelConfig c, int tokens, int rank, boolean quantized) {
    int width = c.width();
    int gate = c.architecture() == Architecture.V5_0 ? 0 : width;
    int six = c.architecture() == Architecture.V6 ? width : 0;
    inputR = new Activations(arena, tokens, width, quantized);
    inputK = new Activations(arena, tokens, width, quantized);
    inputV = new Activations(arena, tokens, width, quantized);
    inputG = new Activations(arena, tokens, gate, quantized);
    inputX = new Activations(arena, tokens, six, false);
    inputW = new Activations(arena, tokens, six, false);
    inputs5 =
        gate == 0
            ? new Rows[] {inputR.rows(), inputK.rows(), inputV.rows()}
            : new Rows[] {inputR.rows(), inputK.rows(), inputV.rows(), inputG.rows()};
    inputsX = new Rows[] {inputX.rows()};
    inputs6 =
        new Rows[] {inputW.rows(), inputK.rows(), inputV.rows(), inputR.rows(), inputG.rows()};
    for (int j = 0; j < MIXES; j++) {
      innerMix[j] = new Activations(arena, tokens, rank, false);
      mix[j] = new Rows(arena, tokens, six);
    }
    innerW = new Activations(arena, tokens, rank, false);
    heads = new Activations(arena, tokens, width, quantized);
    rows =
        new Wkv6Rows(
            new Rows(arena, tokens, width),
            new Rows(arena, tokens, width),
            new Rows(arena, tokens, width),
            new Rows(arena, tokens, width),
            new Rows(arena, tokens, gate),
            heads.rows());
  }
}
