package dev.skein.simulation;

import dev.skein.worker.shard.Upgrade;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Which weights are served, and by whom: workers that restart may come back with others under the
 * same name, and sessions meet them as the rule says.
 */
final class Weights {

  private final Upgrade rule;
  private final Map<String, Integer> ofOwners = new HashMap<>();
  private final Map<String, Set<Integer>> startedBy = new HashMap<>();
  private final Map<String, Integer> middles = new HashMap<>();
  private final Map<String, Integer> partings = new HashMap<>();
  private int served;

  private Weights(Upgrade rule) {
    this.rule = rule;
  }

  /** Of a life in which they never change the rule is of no account. */
  static Weights of(Scenario scenario, IntUnaryOperator below) {
    Upgrade[] rules = Upgrade.values();
    boolean change = scenario.has(Scenario.UPGRADES);
    return new Weights(change ? rules[below.applyAsInt(rules.length)] : Upgrade.ADOPT);
  }

  Upgrade rule() {
    return rule;
  }

  /** Whoever starts now has these. */
  int served() {
    return served;
  }

  void change() {
    served = 1 - served;
  }

  /** An owner has begun. */
  void acquired(int shard, int epoch) {
    ofOwners.put(shard + ":" + epoch, served);
  }

  int of(int shard, int epoch) {
    return Objects.requireNonNull(ofOwners.get(shard + ":" + epoch));
  }

  /** An owner wrote that it starts a turn. */
  void started(String turn, int epoch) {
    startedBy.computeIfAbsent(turn, t -> new HashSet<>()).add(epoch);
  }

  boolean hasStarted(String turn, int epoch) {
    return startedBy.getOrDefault(turn, Set.of()).contains(epoch);
  }

  /** The weights of all who started a turn, or of the owner who ended it unstarted. */
  Set<Integer> thatRan(String turn, int shard, int endedBy) {
    Set<Integer> all = new HashSet<>();
    startedBy.getOrDefault(turn, Set.of(endedBy)).forEach(epoch -> all.add(of(shard, epoch)));
    return all;
  }

  /** From this owner on a session stands elsewhere than earlier ones may have run it to. */
  void parted(String session, int epoch) {
    partings.put(session, epoch);
  }

  /** All who started a turn did so where the committed log stands before it. */
  boolean startedHere(String session, String turn) {
    int since = partings.getOrDefault(session, 0);
    return startedBy.getOrDefault(turn, Set.of()).stream().allMatch(epoch -> epoch >= since);
  }

  /** A turn's middle is stored. */
  void storedMiddle(String turn, int weights) {
    middles.put(turn, weights);
  }

  /** A turn's middle is stored that others cannot run on. */
  boolean hasForeignMiddle(String turn, int weights) {
    return middles.getOrDefault(turn, weights) != weights;
  }

  /** Whose middle of a turn is stored; null: none is. */
  @Nullable Integer ofMiddle(String turn) {
    return middles.get(turn);
  }

  /** What a session is to an owner of these weights that may run it. */
  Oracle.Known met(Oracle.Known session, int weights) {
    if (session.ids().isEmpty() || rule == Upgrade.REPLAY) {
      return new Oracle.Known(session.ids(), session.nextTurn(), weights);
    }
    return rule == Upgrade.FRESH && session.weights() != weights
        ? new Oracle.Known(List.of(), session.nextTurn(), weights)
        : session;
  }

  /** Whatever was drawn is gone on with by nobody else. */
  boolean areBound() {
    return rule == Upgrade.ADOPT;
  }

  /** Others than these have started a turn. */
  boolean hasForeignStart(String turn, int shard, int weights) {
    return startedBy.getOrDefault(turn, Set.of()).stream()
        .anyMatch(epoch -> of(shard, epoch) != weights);
  }

  /** An owner of these weights must not run the session. */
  boolean areForeign(Oracle.Known session, int weights) {
    return met(session, weights).weights() != weights;
  }
}
