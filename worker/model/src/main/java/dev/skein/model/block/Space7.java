package dev.skein.model.block;

import dev.skein.kernels.Activations;
import dev.skein.kernels.Rows;
import dev.skein.kernels.Wkv7Rows;
import dev.skein.model.ModelConfig;
import java.lang.foreign.Arena;

/** What the time mix of RWKV-7 needs for a step, allocated once; a row a token. */
final class Space7 implements TimeSpace {
  final Activations inputR;
  final Activations inputW;
  final Activations inputK;
  final Activations inputV;
  final Activations inputA;
  final Activations inputG;

  /** The six inputs, in that order. */
  final Rows[] inputs;

  /** The low-rank products before their second factor. */
  final Activations innerW;

  final Activations innerA;
  final Activations innerV;
  final Activations innerG;

  /** How much of the first layer's value a layer takes. */
  final Rows residual;

  /** Results of the heads, the input of the last product. */
  final Activations heads;

  /** The vectors of the recurrence in the first layer, whose values all layers above read. */
  final Wkv7Rows first;

  /** The vectors of the recurrence above. */
  final Wkv7Rows rows;

  /**
   * @param rank the largest of all low-rank products
   */
  Space7(Arena arena, ModelConfig c, int tokens, int rank, boolean quantized) {
    int width = c.width();
    inputR = new Activations(arena, tokens, width, quantized);
    inputW = new Activations(arena, tokens, width, false);
    inputK = new Activations(arena, tokens, width, quantized);
    inputV = new Activations(arena, tokens, width, quantized);
    inputA = new Activations(arena, tokens, width, false);
    inputG = new Activations(arena, tokens, width, false);
    inputs =
        new Rows[] {
          inputR.rows(), inputW.rows(), inputK.rows(), inputV.rows(), inputA.rows(), inputG.rows()
        };
    innerW = new Activations(arena, tokens, rank, false);
    innerA = new Activations(arena, tokens, rank, false);
    innerV = new Activations(arena, tokens, rank, false);
    innerG = new Activations(arena, tokens, rank, false);
    residual = new Rows(arena, tokens, width);
    heads = new Activations(arena, tokens, width, quantized);
    Rows r = new Rows(arena, tokens, width);
    Rows w = new Rows(arena, tokens, width);
    Rows k = new Rows(arena, tokens, width);
    Rows v = new Rows(arena, tokens, width);
    Rows firstV = new Rows(arena, tokens, width);
    Rows a = new Rows(arena, tokens, width);
    Rows g = new Rows(arena, tokens, width);
    Rows kk = new Rows(arena, tokens, width);
    Rows b = new Rows(arena, tokens, width);
    Rows y = heads.rows();
    first = new Wkv7Rows(r, w, k, firstV, a, g, null, firstV, kk, b, y);
    rows = new Wkv7Rows(r, w, k, v, a, g, residual, firstV, kk, b, y);
  }
}
