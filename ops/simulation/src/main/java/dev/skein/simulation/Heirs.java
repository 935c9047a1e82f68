package dev.skein.simulation;

import dev.skein.store.Heir;
import java.util.HashMap;
import java.util.Map;

/**
 * Who asks for which shard: sometimes another one comes, and the one that asked later, or never.
 */
final class Heirs {
  private static final String ADDRESS = "a worker";

  private final World world;
  private final Map<Integer, Heir> asking = new HashMap<>();
  private int made;

  Heirs(World world) {
    this.world = world;
  }

  /** To whom an owner leaves its shard. */
  Heir of(int shard) {
    if (world.chance(0.3)) {
      return Heir.NOBODY;
    }
    return asking.computeIfAbsent(shard, unasked -> made());
  }

  /** Who takes a shard over. */
  Heir next(int shard) {
    Heir asked = asking.get(shard);
    if (asked == null || world.chance(0.2)) {
      return made();
    }
    if (world.mutation() != Mutation.HEIR_COMES_TWICE) {
      asking.remove(shard);
    }
    return asked;
  }

  private Heir made() {
    return new Heir(ADDRESS, "heir-" + ++made);
  }
}
