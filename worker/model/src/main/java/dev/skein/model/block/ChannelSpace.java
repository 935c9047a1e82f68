package dev.skein.model.block;

import dev.skein.kernels.Activations;
import dev.skein.model.Architecture;
import dev.skein.model.ModelConfig;

/** What the channel mixes need for a step, allocated once; a row a token. */
final class ChannelSpace {
  final Activations inputK;

  /** Between the two products. */
  final Activations inner;

  /** Input of the receptance and the receptance; without elements where there is none. */
  final Activations inputR;

  final float[][] r;

  ChannelSpace(ModelConfig c, int tokens, boolean quantized) {
    int gated = c.architecture() == Architecture.V7 ? 0 : c.width();
    inputK = new Activations(tokens, c.width(), quantized);
    inner = new Activations(tokens, c.ffnWidth(), quantized);
    inputR = new Activations(tokens, gated, quantized);
    r = new float[tokens][gated];
  }
}
