package dev.skein.simulation;

import dev.skein.proto.Request;
import dev.skein.proto.TokenEvent;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who ended turns, and whether they had the weights for them. */
record Enders(Weights weights, Oracle oracle) {

  /**
   * Who ended a turn.
   *
   * @param decidedBy the epoch that showed its end first
   */
  Oracle.Ender of(int shard, TurnLog turn, Request request, TokenEvent event, int decidedBy) {
    int endedBy = event.getEnd().hasError() ? decidedBy : event.getEpoch();
    boolean isSaidAgain = event.getEnd().hasError() || decidedBy != event.getEpoch();
    boolean isRefused =
        isForeign(shard, turn, request, endedBy)
            || (isSaidAgain && oracle.isLeftBehind(turn, request));
    BrokenPromise.unless(
        !isRefused || isSaidAgain, "%s cannot have been run to its end in epoch %d", turn, endedBy);
    int closer = weights.of(shard, event.getEpoch());
    boolean replays =
        event.getEnd().getError().getCode().equals("replay_unavailable")
            && oracle.session(turn.session()).weights() != closer;
    if (isRefused || oracle.session(turn.session()).weights() != weights.of(shard, endedBy)) {
      weights.parted(turn.session(), event.getEpoch());
    }
    return new Oracle.Ender(
        weights.of(shard, endedBy),
        drewAlone(shard, turn, event, decidedBy),
        isRefused,
        replays || isForeign(shard, turn, request, event.getEpoch())
            ? null
            : Integer.valueOf(closer));
  }

  /** Whose tokens all must be, drawn from where the session stands; null: of several, perhaps. */
  private @Nullable Integer drewAlone(int shard, TurnLog turn, TokenEvent event, int decidedBy) {
    boolean isHere = weights.startedHere(turn.session(), key(turn));
    if (weights.areBound() && !event.getEnd().hasError()) {
      boolean isItsOwn = decidedBy == event.getEpoch();
      return isItsOwn || isHere ? Integer.valueOf(weights.of(shard, decidedBy)) : null;
    }
    int unstarted = event.getEnd().hasError() ? decidedBy : event.getEpoch();
    Set<Integer> ran = weights.thatRan(key(turn), shard, unstarted);
    return isHere && ran.size() == 1 ? ran.iterator().next() : null;
  }

  /** An owner did not start the turn, and had not the weights for it. */
  private boolean isForeign(int shard, TurnLog turn, Request request, int epoch) {
    int own = weights.of(shard, epoch);
    return !weights.hasStarted(key(turn), epoch)
        && (weights.areForeign(from(turn, request), own)
            || (weights.areBound() && weights.hasForeignStart(key(turn), shard, own))
            || weights.hasForeignMiddle(key(turn), own));
  }

  /** Where it goes on from, if there is such a place. */
  private Oracle.Known from(TurnLog turn, Request request) {
    boolean isThere =
        request.hasParentTurn()
            && oracle.end(turn.session(), request.getParentTurn(), true) != null;
    return isThere ? oracle.before(turn, request) : oracle.session(turn.session());
  }

  /** The turn ended by an error since whoever ended it had other weights. */
  boolean areWhy(TurnLog turn, Request request, Oracle.Ender ender, String code) {
    return (ender.isRefused() && Set.of("fingerprint_mismatch", "model_changed").contains(code))
        || (code.equals("model_changed") && !weights.startedHere(turn.session(), key(turn)))
        || (code.equals("turn_not_found")
            && oracle.lineage().isLeftBehind(turn.session(), request.getParentTurn()))
        || (code.equals("replay_unavailable") && oracle.lineage().isOrphan(turn.session()));
  }

  private static String key(TurnLog turn) {
    return turn.session() + "/" + turn.number();
  }
}
