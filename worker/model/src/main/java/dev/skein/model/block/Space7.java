package dev.skein.model.block;

import dev.skein.kernels.Activations;
import dev.skein.kernels.Rows;
import dev.skein.kernels.Wkv7Rows;
import dev.skein.model.ModelConfig;
import java.lang.foreign.Arena;
import java.util.Set;

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

  private final Inner[] inners;

  /** How much of the first layer's value a layer takes. */
  final Rows residual;

  /** Results of the heads, the input of the last product. */
  final Activations heads;

  /** The vectors of the recurrence in the first layer, whose values all layers above read. */
  final Wkv7Rows first;

  /** The vectors of the recurrence above. */
  final Wkv7Rows rows;

  /** Low-rank products of one rank before their second factor. */
  private record Inner(int rank, Activations w, Activations a, Activations v, Activations g) {
    static Inner of(Arena arena, int tokens, int rank, boolean quantized) {
      return new Inner(
          rank,
          new Activations(arena, tokens, rank, quantized),
          new Activations(arena, tokens, rank, quantized),
          new Activations(arena, tokens, rank, quantized),
          new Activations(arena, tokens, rank, quantized));
    }
  }

  /**
   * @param ranks of all low-rank products
   */
  Space7(Arena arena, ModelConfig c, int tokens, Set<Integer> ranks, boolean quantized) {
    int width = c.width();
    inputR = new Activations(arena, tokens, width, quantized);
    inputW = new Activations(arena, tokens, width, quantized);
    inputK = new Activations(arena, tokens, width, quantized);
    inputV = new Activations(arena, tokens, width, quantized);
    inputA = new Activations(arena, tokens, width, quantized);
    inputG = new Activations(arena, tokens, width, quantized);
    inputs =
        new Rows[] {
          inputR.rows(), inputW.rows(), inputK.rows(), inputV.rows(), inputA.rows(), inputG.rows()
        };
    inners = ranks.stream().map(n -> Inner.of(arena, tokens, n, quantized)).toArray(Inner[]::new);
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

  /** The low-rank product of the decay before its second factor. */
  Activations innerW(Lora lora) {
    return inner(lora).w;
  }

  /** That of the in-context rate. */
  Activations innerA(Lora lora) {
    return inner(lora).a;
  }

  /** That of the share of the first layer's value. */
  Activations innerV(Lora lora) {
    return inner(lora).v;
  }

  /** That of the gate. */
  Activations innerG(Lora lora) {
    return inner(lora).g;
  }

  private Inner inner(Lora lora) {
    for (Inner inner : inners) {
      if (inner.rank == lora.rank()) {
        return inner;
      }
    }
    throw new IllegalArgumentException("no layer was to have a rank of " + lora.rank());
  }
}
