package dev.skein.model;

import dev.skein.kernels.Kernels;
import dev.skein.model.file.ModelFormatException;

/** What a version of RWKV adds to the trunk: its two blocks, and the room they need for a step. */
sealed interface Version permits Version7 {

  /**
   * The version of a model.
   *
   * @throws IllegalArgumentException if this build does not support it
   */
  static Version of(ModelConfig config, Quantization quantization, Kernels kernels) {
    return switch (config.architecture()) {
      case V7 -> new Version7(config, quantization.quantizesActivations(), kernels);
      case V4, V5_0, V5_1, V5_2, V6 ->
          throw new IllegalArgumentException(config.architecture().title());
    };
  }

  /** The time mix of a layer; layers are asked for in order. */
  TimeMix timeMix(int layer, WeightMap map) throws ModelFormatException;

  /** The channel mix of a layer. */
  ChannelMix channelMix(int layer, WeightMap map) throws ModelFormatException;

  /** Room for steps of so many tokens; asked for when all blocks are made. */
  BlockSpace newSpace(int tokens);
}
