package dev.skein.model.block;

import java.util.List;

/** A time mix or a channel mix of one layer. */
public sealed interface Block permits TimeMix4, TimeMix5, TimeMix6, TimeMix7, ChannelMix {

  /** The weights of a block, by their role in its equations. */
  sealed interface Weights
      permits TimeMix4.Weights,
          TimeMix5.Weights,
          TimeMix6.Weights,
          TimeMix7.Weights,
          ChannelMix.Weights {

    /** Bytes that one step reads. */
    long bytes();

    /** The low-rank products. */
    default List<Lora> loras() {
      return List.of();
    }
  }

  /**
   * Reads the normalised input {@link Step#normalized} of all tokens, moves the states of their
   * slots on, and writes what is to be added to the residual stream to {@link Step#output}.
   */
  void run(Step step);

  /** Weight bytes that one step reads. */
  long bytes();
}
