package dev.skein.simulation;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where sessions come from, and to the ends of which turns they may go back. */
final class Lineage {

  private final Map<String, Map<Integer, Oracle.Known>> ends = new HashMap<>();
  private final Map<String, Map<Integer, Integer>> parents = new HashMap<>();
  private final Map<String, Integer> heads = new HashMap<>();
  private final Map<String, Oracle.Known> everEnded = new HashMap<>();
  private final Set<String> existing = new HashSet<>();
  private final Map<String, String> forkedFrom = new HashMap<>();
  private final Set<String> orphans = new HashSet<>();
  private final Set<String> traceless = new HashSet<>();
  private final Map<String, Integer> anewFrom = new HashMap<>();

  private static <T> Map<Integer, T> of(Map<String, Map<Integer, T>> all, String session) {
    return all.computeIfAbsent(session, s -> new HashMap<>());
  }

  /** There was a turn, a fork or an import, and no deletion since. */
  boolean exists(String session) {
    return existing.contains(session);
  }

  /** The turn at whose end the session stands, or null. */
  @Nullable Integer head(String session) {
    return heads.get(session);
  }

  /**
   * Where a session stood at the end of a turn, in whatever life: an import brings its number with
   * it, so that it had read so many ids.
   */
  Oracle.@Nullable Known ever(String session, int turn, long tokensRead) {
    return everEnded.get(place(session, turn, tokensRead));
  }

  private static String place(String session, int turn, long tokensRead) {
    return session + "/" + turn + " after " + tokensRead;
  }

  /**
   * Where a session stood at the end of a turn that it may go back to.
   *
   * @param turn null: the beginning
   */
  Oracle.@Nullable Known end(String session, @Nullable Integer turn) {
    return turn == null ? Oracle.Known.NEW : of(ends, session).get(turn);
  }

  /** The session has begun anew since. */
  boolean isLeftBehind(String session, int turn) {
    return turn < anewFrom.getOrDefault(session, 0);
  }

  /** With this turn the session has begun anew under other weights: no way leads back. */
  void beganAnew(String session, int turn) {
    anewFrom.put(session, turn);
    heads.remove(session);
  }

  /** What a session had read before is told by no transcript any more. */
  boolean isOrphan(String session) {
    return orphans.contains(session);
  }

  /**
   * The turn lies on the way to where the session stands, since it was made. What a fork had read
   * before is in its parent's transcripts, and gone with it; of what an import had read there are
   * none.
   */
  boolean leads(String session, int turn) {
    if (isOrphan(session) || isLeftBehind(session, turn)) {
      return false;
    }
    Integer at = heads.get(session);
    while (at != null && at != turn) {
      at = of(parents, session).get(at);
    }
    return at != null;
  }

  void rewound(String session, int turn) {
    heads.put(session, turn);
  }

  void deleted(String session) {
    for (String child : forkedFrom.keySet()) {
      if (comesFrom(child, session)) {
        orphans.add(child);
      }
    }
    orphans.remove(session);
    forkedFrom.remove(session);
    ends.remove(session);
    parents.remove(session);
    heads.remove(session);
    anewFrom.remove(session);
    existing.remove(session);
  }

  private boolean comesFrom(String child, String ancestor) {
    Set<String> seen = new HashSet<>();
    String at = forkedFrom.get(child);
    while (at != null && !at.equals(ancestor) && seen.add(at)) {
      at = forkedFrom.get(at);
    }
    return ancestor.equals(at);
  }

  /**
   * A session was made out of the end of another one's turn.
   *
   * @param turn null: out of one that had read nothing
   */
  void forked(String parent, String child, @Nullable Integer turn, Oracle.Known end) {
    boolean isOfEarlierLife = turn != null && !of(ends, parent).containsKey(turn);
    if (orphans.contains(parent) || isOfEarlierLife) {
      orphans.add(child);
    }
    forkedFrom.put(child, parent);
    Map<Integer, Oracle.Known> inherited = new HashMap<>(of(ends, parent));
    if (turn != null && !isLeftBehind(parent, turn)) {
      inherited.keySet().removeIf(other -> isLeftBehind(parent, other));
    }
    if (turn != null) {
      inherited.put(turn, end);
    }
    begun(child, traced(parent, turn), inherited);
  }

  /**
   * A session was made out of a file.
   *
   * @param turn at whose end the exported one stood; null: it had read nothing
   */
  void imported(String session, @Nullable Integer turn, Oracle.Known end) {
    orphans.add(session);
    if (turn != null) {
      everEnded.put(place(session, turn, end.tokensRead()), end);
    }
    begun(session, turn, turn == null ? new HashMap<>() : new HashMap<>(Map.of(turn, end)));
  }

  private void begun(
      String session, @Nullable Integer head, Map<Integer, Oracle.Known> endsBefore) {
    existing.add(session);
    parents.put(session, new HashMap<>());
    ends.put(session, endsBefore);
    if (head == null) {
      heads.remove(session);
    } else {
      heads.put(session, head);
    }
  }

  /** The turn, or the nearest before it that left a trace: a fork learns of no other. */
  private @Nullable Integer traced(String session, @Nullable Integer turn) {
    Integer at = turn;
    while (at != null && traceless.contains(session + "/" + at)) {
      at = of(parents, session).get(at);
    }
    return at;
  }

  /**
   * A turn has ended.
   *
   * @param from the turn that it went on from, if its request named one
   */
  void ended(TurnLog turn, @Nullable Integer from, Oracle.Known after, boolean leavesTrace) {
    String session = turn.session();
    Integer before = from == null ? heads.get(session) : from;
    of(ends, session).put(turn.number(), after);
    everEnded.put(place(session, turn.number(), after.tokensRead()), after);
    existing.add(session);
    if (before != null) {
      of(parents, session).put(turn.number(), before);
    }
    if (leavesTrace) {
      heads.put(session, turn.number());
      return;
    }
    traceless.add(session + "/" + turn.number());
    if (before != null) {
      heads.put(session, Objects.requireNonNull(before));
    }
  }
}
