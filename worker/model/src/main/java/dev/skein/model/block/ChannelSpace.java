package dev.skein.model.block;

import dev.skein.kernels.Activations;
import dev.skein.kernels.Rows;
import dev.skein.model.Architecture;
import dev.skein.model.ModelConfig;
import java.lang.foreign.Arena;

/** What the channel mixes need for a step, allocated once; a row a token. */
final class ChannelSpace {
  final Activations inputK;

  /** Between the two products. */
  final Activations inner;

  /** Input of the receptance and the receptance; without elements where there is none. */
  final Activations inputR;

  final Rows r;

  /** The inputs k, and r where there is a receptance. */
  final Rows[] inputs;

  ChannelSpace(Arena arena, ModelConfig c, int tokens, boolean quantized) {
    int gated = c.architecture() == Architecture.V7 ? 0 : c.width();
    inputK = new Activations(arena, tokens, c.width(), quantized);
    inner = new Activations(arena, tokens, c.ffnWidth(), quantized);
    inputR = new Activations(arena, tokens, gated, quantized);
    r = new Rows(arena, tokens, gated);
    inputs = gated == 0 ? new Rows[] {inputK.rows()} : new Rows[] {inputK.rows(), inputR.rows()};
  }
}
