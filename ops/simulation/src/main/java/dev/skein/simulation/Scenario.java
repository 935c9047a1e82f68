package dev.skein.simulation;

/**
 * What kind of life it is. Rates are per event; each scenario is the fair weather with its own
 * troubles. A life of {@link #EVERYTHING} has all of them.
 */
public enum Scenario {
  /** Owners die at any moment. */
  KILLS("owners die at any moment"),
  /** A cancel reaches one owner before its death and the next one at once. */
  CANCELS("owners die around cancels and deadlines"),
  /** Two owners at a time, each convinced; sleepers wake after their successors began. */
  ZOMBIES("two owners at a time, and sleepers that wake"),
  /** Commits and appends whose answer is lost, or that are refused. */
  LOST_ANSWERS("commits with a lost reply"),
  /** The owner's own transaction times out and nobody takes over. */
  TIMEOUTS("the owner's own transaction times out"),
  /** Compaction and retention at every step, and chunks that vanish. */
  COMPACTION("compaction and retention at every step"),
  /** Turns that kill their worker, among innocent ones and random kills. */
  POISON("poison turns among innocent ones"),
  /** Doubled, misplaced, keyless and unreadable records. */
  DUPLICATES("doubled, misplaced, keyless and unreadable records"),
  /** Long turns, long prompts and crowded sessions under small limits. */
  CROWDS("long turns beside many short ones under small limits"),
  /** Another arithmetic in the middle of turns, a clock that jumps, and orderly hand-overs. */
  ROLLING("another arithmetic in the middle of turns, drains, and a clock that jumps"),
  /** Rewinds, forks, deletions, imports, and sessions that are made anew. */
  OPERATIONS("rewinds, forks, deletions and imports, and crashes at every point of them"),
  /** Sessions that nobody uses end by age, and begin anew. */
  EXPIRY("sessions that end by age, and clients that come back too late"),
  /** Workers come back with other weights under the same name; operations cross them. */
  UPGRADES("other weights under the same name, and the first ones again, and operations"),
  /** All of what may come together. */
  EVERYTHING("everything at once");

  private final String words;

  Scenario(String words) {
    this.words = words;
  }

  /** The scenario of a seed: they take turns. */
  public static Scenario of(long seed) {
    return values()[Math.floorMod(seed, values().length)];
  }

  /** In words. */
  public String words() {
    return words;
  }

  boolean has(Scenario trouble) {
    return this == trouble || this == EVERYTHING || (this == UPGRADES && trouble == OPERATIONS);
  }

  double killRate() {
    return switch (this) {
      case KILLS, CANCELS, EVERYTHING, OPERATIONS, ROLLING, CROWDS, UPGRADES -> 0.012;
      case POISON -> 0.004;
      default -> 0.006;
    };
  }
}
