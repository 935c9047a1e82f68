package dev.skein.worker.recovery;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Keeps suspects apart. A turn that was running at three takeovers in a row without getting further
 * may be what kills the workers; it runs alone on its shard, one suspect at a time, before anything
 * else runs, until it has ended or made progress. After two more deaths it is quarantined: {@link
 * #isConvicted}. Requests are named by their offsets.
 */
public final class Isolation {

  /** Failed attempts after which a turn runs alone. */
  public static final int SUSPECT_FROM = 3;

  /** Failed attempts after which a turn is not run any more. */
  public static final int CONVICTED_FROM = 5;

  /** New tokens that clear a suspect. */
  private static final int TOKENS_THAT_CLEAR = 16;

  private static final long NOBODY = -1;

  private final Map<Long, String> suspects = new HashMap<>();
  private long alone = NOBODY;

  /** Finds the suspects among what earlier owners left unfinished. */
  public Isolation(Map<String, Witness> witnesses) {
    witnesses.forEach((key, witness) -> {
      if (witness.end() == null && witness.failed() >= SUSPECT_FROM) {
        suspects.put(witness.requestOffset(), key.substring(0, key.indexOf('\0')));
      }
    });
  }

  /** Whether a turn that failed so often must not be run again. */
  public static boolean isConvicted(int failedAttempts) {
    return failedAttempts >= CONVICTED_FROM;
  }

  /**
   * Whether the turn of this request may begin now; if it is a suspect, or one that a suspect of
   * its session waits for, it has the shard.
   *
   * @param waitsForOthers whether the line of a session holds a record of another one, such as the
   *     fork that is to make it: then whatever came before the suspect may be in its way
   */
  public boolean admits(String session, long offset, Predicate<String> waitsForOthers) {
    if (suspects.isEmpty()) {
      return true;
    }
    if (alone == NOBODY && isInTheWay(session, offset, waitsForOthers)) {
      alone = offset;
    }
    return alone == offset;
  }

  private boolean isInTheWay(String session, long offset, Predicate<String> waitsForOthers) {
    return suspects.entrySet().stream()
        .anyMatch(suspect ->
            suspect.getKey() == offset
                || (suspect.getKey() > offset
                    && (suspect.getValue().equals(session)
                        || waitsForOthers.test(suspect.getValue()))));
  }

  /** Offset of the newest request that is a suspect, -1 if there is none. */
  public long newestSuspect() {
    return suspects.keySet().stream().mapToLong(Long::longValue).max().orElse(NOBODY);
  }

  /** A turn has ended, or was stored in its middle; true if others may begin now. */
  public boolean cleared(long offset) {
    boolean hadTheShard = alone == offset;
    if (hadTheShard) {
      alone = NOBODY;
    }
    return suspects.remove(offset) != null || hadTheShard;
  }

  /** A turn has drawn so many tokens beyond those of the log; true if others may begin now. */
  public boolean drew(long offset, int newTokens) {
    return newTokens >= TOKENS_THAT_CLEAR && cleared(offset);
  }
}
