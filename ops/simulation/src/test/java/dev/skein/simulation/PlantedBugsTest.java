package dev.skein.simulation;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * Every fault that may be planted is found by a promise that does not hold. What a fault throws
 * kills its owner and proves nothing, so an exception is never what finds it.
 */
class PlantedBugsTest {

  private static final int SEEDS = 2_000;
  private static final int PLACEBOS = 110;

  /** Faults that show in one kind of weather only; the others are found in any. */
  private static final Map<Mutation, Scenario> WEATHER =
      Map.ofEntries(
          entry(Mutation.NO_CHECK_AT_FETCH, Scenario.COMPACTION),
          entry(Mutation.REUSE_NAMED_SLOT, Scenario.COMPACTION),
          entry(Mutation.CANCEL_BELOW_WITNESS, Scenario.CANCELS),
          entry(Mutation.CANCEL_NAMES_NO_ROUTER, Scenario.CANCELS),
          entry(Mutation.CANCEL_OVERTAKES_REQUESTS, Scenario.CANCELS),
          entry(Mutation.ABORT_AND_CONTINUE, Scenario.LOST_ANSWERS),
          entry(Mutation.FORWARD_WITHOUT_DEDUPE, Scenario.DUPLICATES),
          entry(Mutation.ATTEMPTS_NOT_RESET, Scenario.KILLS),
          entry(Mutation.SKIP_FENCING, Scenario.ZOMBIES),
          entry(Mutation.TURN_NUMBER_REUSED_AFTER_REWIND, Scenario.OPERATIONS),
          entry(Mutation.GRAVE_FORGOTTEN, Scenario.OPERATIONS),
          entry(Mutation.CHUNKS_OUTLIVE_DELETION, Scenario.OPERATIONS),
          entry(Mutation.PINNED_SLOT_REUSED, Scenario.OPERATIONS),
          entry(Mutation.PINS_FORGOTTEN, Scenario.OPERATIONS),
          entry(Mutation.ADOPTED_TWICE, Scenario.OPERATIONS),
          entry(Mutation.TRANSCRIPT_NOT_WRITTEN, Scenario.OPERATIONS),
          entry(Mutation.REPLAY_FROM_WRONG_PARENT, Scenario.OPERATIONS),
          entry(Mutation.FILE_WITHOUT_ITS_STATE, Scenario.OPERATIONS),
          entry(Mutation.USED_SESSION_EXPIRED, Scenario.EXPIRY),
          entry(Mutation.STARTED_BY_ANY_WEIGHTS, Scenario.UPGRADES),
          entry(Mutation.FINGERPRINT_FORGOTTEN, Scenario.UPGRADES),
          entry(Mutation.FORK_OF_ANY_WEIGHTS, Scenario.UPGRADES),
          entry(Mutation.FRESH_START_FORGOTTEN, Scenario.UPGRADES));

  @ParameterizedTest
  @EnumSource(
      value = Mutation.class,
      mode = Mode.EXCLUDE,
      names = {"NONE", "PLACEBO"})
  void isFound(Mutation mutation) {
    String found = null;
    long seed = 0;
    while (found == null && seed < SEEDS) {
      seed++;
      found = Simulation.live(seed, weather(mutation, seed), mutation, null).broken();
    }
    assertThat(found).as("%s within %d lives", mutation, SEEDS).isNotNull();
    assertThat(Simulation.live(seed, weather(mutation, seed), Mutation.PLACEBO, null).broken())
        .as("life %d without it", seed)
        .isNull();
    System.out.printf("%-30s life %4d: %s%n", mutation, seed, firstLine(String.valueOf(found)));
  }

  private static Scenario weather(Mutation mutation, long seed) {
    return WEATHER.getOrDefault(mutation, Scenario.of(seed));
  }

  @Test
  void thePortsAloneBreakNothing() {
    for (long seed = 1; seed <= PLACEBOS; seed++) {
      assertThat(Simulation.live(seed, Scenario.of(seed), Mutation.PLACEBO, null).broken())
          .as("life %d", seed)
          .isNull();
    }
  }

  private static String firstLine(String text) {
    return text.lines().findFirst().orElse("");
  }
}
