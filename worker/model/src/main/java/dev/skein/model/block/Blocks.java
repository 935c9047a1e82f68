package dev.skein.model.block;

import dev.skein.kernels.Kernels;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.ModelConfig;
import java.lang.foreign.Arena;
import java.util.Set;
import java.util.TreeSet;

/**
 * Makes the blocks of a model from their weights, and then the room that they need for a step: all
 * in which the versions of RWKV differ.
 */
public final class Blocks {
  private final ModelConfig config;
  private final Kernels kernels;
  private final boolean int8;
  private final Set<Integer> ranks = new TreeSet<>();

  /**
   * @param int8 whether the large matrices take quantised activations
   */
  public Blocks(ModelConfig config, Kernels kernels, boolean int8) {
    this.config = config;
    this.kernels = kernels;
    this.int8 = int8;
  }

  /** The block with these weights in that layer. */
  public Block make(int layer, Block.Weights weights) {
    weights.loras().forEach(lora -> ranks.add(lora.rank()));
    return switch (weights) {
      case TimeMix4.Weights w -> new TimeMix4(layer, config, w, kernels, int8);
      case TimeMix5.Weights w -> new TimeMix5(layer, config, w, kernels, int8);
      case TimeMix6.Weights w -> new TimeMix6(layer, config, w, kernels, int8);
      case TimeMix7.Weights w -> new TimeMix7(layer, config, w, kernels, int8);
      case ChannelMix.Weights w -> new ChannelMix(layer, config, w, kernels, int8);
    };
  }

  /** Room for steps of so many tokens in an arena; asked for when all blocks are made. */
  public Step newStep(Arena arena, WorkerPool workers, int tokens) {
    TimeSpace space =
        switch (config.architecture()) {
          case V4 -> new Space4(arena, config, tokens, int8);
          case V5_0, V5_1, V5_2, V6 -> new Space6(arena, config, tokens, greatest(), int8);
          case V7 -> new Space7(arena, config, tokens, ranks, int8);
        };
    ChannelSpace channels = new ChannelSpace(arena, config, tokens, int8);
    return new Step(arena, config, space, channels, workers, tokens);
  }

  private int greatest() {
    return ranks.stream().mapToInt(rank -> rank).max().orElse(0);
  }
}
