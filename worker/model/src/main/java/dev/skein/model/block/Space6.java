package dev.skein.model.block;

import dev.skein.kernels.Activations;
import dev.skein.kernels.Wkv6Row;
import dev.skein.model.Architecture;
import dev.skein.model.ModelConfig;

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

  /** Low-rank products before their second factor: of the mixes w, k, v, r, g, and of the decay. */
  final Activations[] innerMix = new Activations[MIXES];

  final Activations innerW;

  /** How much of the previous token each of the five inputs takes. */
  final float[][][] mix;

  final float[][] r;
  final float[][] w;
  final float[][] k;
  final float[][] v;
  final float[][] g;

  /** Results of the heads, the input of the last product. */
  final Activations heads;

  /** The vectors of the recurrence. */
  final Wkv6Row[] rows;

  /**
   * @param rank the largest of all low-rank products
   */
  Space6(ModelConfig c, int tokens, int rank, boolean quantized) {
    int width = c.width();
    int gate = c.architecture() == Architecture.V5_0 ? 0 : width;
    int six = c.architecture() == Architecture.V6 ? width : 0;
    inputR = new Activations(tokens, width, quantized);
    inputK = new Activations(tokens, width, quantized);
    inputV = new Activations(tokens, width, quantized);
    inputG = new Activations(tokens, gate, quantized);
    inputX = new Activations(tokens, six, false);
    inputW = new Activations(tokens, six, false);
    for (int j = 0; j < MIXES; j++) {
      innerMix[j] = new Activations(tokens, rank, false);
    }
    innerW = new Activations(tokens, rank, false);
    mix = new float[MIXES][tokens][six];
    r = new float[tokens][width];
    w = new float[tokens][width];
    k = new float[tokens][width];
    v = new float[tokens][width];
    g = new float[tokens][gate];
    heads = new Activations(tokens, width, quantized);
    rows = new Wkv6Row[tokens];
    for (int t = 0; t < tokens; t++) {
      rows[t] = new Wkv6Row(r[t], w[t], k[t], v[t], heads.row(t));
    }
  }
}
