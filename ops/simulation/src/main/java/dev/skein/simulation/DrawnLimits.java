package dev.skein.simulation;

import dev.skein.worker.shard.ShardLimits;

/** The limits of a life's shards: small ones, so that they are met. */
final class DrawnLimits {
  private static final long NEVER_MS = 3_600_000_000L;

  private DrawnLimits() {}

  static ShardLimits of(World world) {
    boolean crowded = world.scenario().has(Scenario.CROWDS) && world.chance(0.7);
    return new ShardLimits(
        crowded ? 3 : 16,
        crowded ? 6 : 64,
        crowded ? 5 : 64,
        world.chance(0.6) ? 10 : 40,
        world.chance(0.3) ? 2_000 : NEVER_MS,
        world.chance(0.5) ? 24 : 64,
        world.chance(0.5) ? 2 : 5,
        64,
        60_000,
        new ShardLimits.Keeping(
            true, 20_000, world.chance(0.5) ? 3_000 : 600_000, world.weights().rule()));
  }
}
