package dev.skein.simulation;

import dev.skein.proto.TokenEvent;
import java.util.HashMap;
import java.util.Map;

/** Counts by the log how often in a row a turn was started without getting further. */
final class Attempts {

  private final Map<String, Integer> failed = new HashMap<>();
  private final Map<String, Integer> resumedAt = new HashMap<>();

  /**
   * Takes an event of the log.
   *
   * @param isKnown the same event was in the log before
   */
  void saw(String turn, TokenEvent event, boolean isKnown) {
    if (event.hasStarted()) {
      int at = event.getStarted().getResumedAt();
      Integer before = resumedAt.put(turn, at);
      failed.merge(turn, 1, (times, one) -> before != null && at > before ? 1 : times + 1);
    } else if (event.hasToken() && !isKnown) {
      failed.put(turn, 0);
    }
  }

  /** Attempts since the turn got further; those that ended by an orderly release included. */
  int failed(String turn) {
    return failed.getOrDefault(turn, 0);
  }
}
