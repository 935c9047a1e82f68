package dev.skein.simulation;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Lives of shards, each a function of its seed. */
public final class Simulation {

  /**
   * What became of a life.
   *
   * @param broken the promise that did not hold, in a sentence, or null
   * @param events how many events there were
   * @param deaths how many owners died
   */
  public record Outcome(
      long seed, Scenario scenario, @Nullable String broken, long events, int deaths) {

    /** The command that replays this life with its trace. */
    public String command() {
      return "skein simulate --seed " + seed;
    }
  }

  private Simulation() {}

  /** Lives the life of a seed; what the product does wrong otherwise is thrown. */
  public static Outcome live(long seed, @Nullable Consumer<String> trace) {
    return live(seed, Scenario.of(seed), Mutation.NONE, trace);
  }

  /**
   * Lives a life into which a fault may be planted.
   *
   * @param trace takes what happens, a line an event; null for nobody
   */
  public static Outcome live(
      long seed, Scenario scenario, Mutation mutation, @Nullable Consumer<String> trace) {
    World world = new World(seed, scenario, mutation, trace);
    String broken = null;
    try {
      world.live();
    } catch (BrokenPromise e) {
      broken = String.valueOf(e.getMessage());
    }
    return new Outcome(seed, scenario, broken, world.events(), world.deaths());
  }
}
