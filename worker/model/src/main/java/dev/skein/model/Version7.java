package dev.skein.model;

import dev.skein.kernels.Kernels;
import dev.skein.model.file.ModelFormatException;

/** RWKV-7 ("Goose"). */
final class Version7 implements Version {
  private final ModelConfig config;
  private final boolean int8;
  private final Kernels kernels;
  private int rank = 1;

  Version7(ModelConfig config, boolean int8, Kernels kernels) {
    this.config = config;
    this.int8 = int8;
    this.kernels = kernels;
  }

  @Override
  public TimeMix timeMix(int layer, WeightMap map) throws ModelFormatException {
    Weights7.Time weights = map.time7(layer);
    rank = Math.max(rank, weights.rank());
    return new TimeMix7(layer, config, weights, kernels, int8);
  }

  @Override
  public ChannelMix channelMix(int layer, WeightMap map) throws ModelFormatException {
    return new ChannelMix7(layer, config, map.channel7(layer), kernels, int8);
  }

  @Override
  public BlockSpace newSpace(int tokens) {
    return new Space7(config, tokens, rank, int8);
  }
}
