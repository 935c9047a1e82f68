package dev.skein.model.block;

import dev.skein.kernels.Activations;
import dev.skein.kernels.Wkv4Row;
import dev.skein.kernels.Wkv4State;
import dev.skein.model.ModelConfig;

/** What the time mix of RWKV-4 needs for a step, allocated once; a row a token. */
final class Space4 implements TimeSpace {
  final Activations inputR;
  final Activations inputK;
  final Activations inputV;

  final float[][] r;
  final float[][] k;
  final float[][] v;

  /** Results of the recurrence, the input of the last product. */
  final Activations heads;

  /** The vectors of the recurrence. */
  final Wkv4Row[] rows;

  /** The state of a row of the batch while its tokens are read, at the row's first token. */
  final Wkv4State[] states;

  Space4(ModelConfig c, int tokens, boolean quantized) {
    int width = c.width();
    inputR = new Activations(tokens, width, quantized);
    inputK = new Activations(tokens, width, quantized);
    inputV = new Activations(tokens, width, quantized);
    r = new float[tokens][width];
    k = new float[tokens][width];
    v = new float[tokens][width];
    heads = new Activations(tokens, width, quantized);
    rows = new Wkv4Row[tokens];
    states = new Wkv4State[tokens];
    for (int t = 0; t < tokens; t++) {
      rows[t] = new Wkv4Row(k[t], v[t], heads.row(t));
      states[t] = new Wkv4State(width);
    }
  }
}
