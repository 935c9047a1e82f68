package dev.skein.model;

/** The part of a layer that mixes channels; one implementation a family of versions. */
sealed interface ChannelMix permits ChannelMix7 {

  /** Like {@link TimeMix#run}. */
  void run(Workspace w);

  /** Weight bytes that one step reads. */
  long bytes();
}
