package dev.skein.model.block;

import dev.skein.kernels.Activations;
import dev.skein.kernels.Rows;
import dev.skein.kernels.Wkv4Rows;
import dev.skein.model.ModelConfig;
import java.lang.foreign.Arena;

/** What the time mix of RWKV-4 needs for a step, allocated once; a row a token. */
final class Space4 implements TimeSpace {
  final Activations inputR;
  final Activations inputK;
  final Activations inputV;

  /** The three inputs, in that order. */
  final Rows[] inputs;

  final Rows r;
  final Rows k;
  final Rows v;

  /** Results of the recurrence, the input of the last product. */
  final Activations heads;

  /** The vectors of the recurrence. */
  final Wkv4Rows rows;

  Space4(Arena arena, ModelConfig c, int tokens, boolean quantized) {
    int width = c.width();
    inputR = new Activations(arena, tokens, width, quantized);
    inputK = new Activations(arena, tokens, width, quantized);
    inputV = new Activations(arena, tokens, width, quantized);
    inputs = new Rows[] {inputR.rows(), inputK.rows(), inputV.rows()};
    r = new Rows(arena, tokens, width);
    k = new Rows(arena, tokens, width);
    v = new Rows(arena, tokens, width);
    heads = new Activations(arena, tokens, width, quantized);
    Rows e1 = new Rows(arena, tokens, width);
    Rows e2 = new Rows(arena, tokens, width);
    rows = new Wkv4Rows(r, k, v, e1, e2, heads.rows());
  }
}
