package dev.skein.worker.shard;

import dev.skein.proto.End;
import dev.skein.proto.UnfinishedTurn;
import dev.skein.worker.recovery.Witness;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A turn as the log tells it, by whatever owners: its name, and what anybody was shown of it. */
final class Begun {

  private final RequestRecord record;
  private final int number;
  private final List<@Nullable Witness> ofChoices;
  private int committed;
  private long beganAt = -1;

  /**
   * @param witnesses what the log knows of each of its choices
   */
  Begun(RequestRecord record, int number, List<@Nullable Witness> witnesses) {
    this.record = record;
    this.number = number;
    this.ofChoices = Collections.unmodifiableList(new ArrayList<>(witnesses));
    Witness witness = ofChoices.getFirst();
    this.committed = witness == null ? 0 : witness.committed();
  }

  /**
   * A turn that earlier owners left; null if no event of it was ever written.
   *
   * @param next the number of a turn of that session that begins now
   * @param left as which it was stored in its middle, or null
   */
  static @Nullable Begun of(
      RequestRecord record,
      int next,
      @Nullable UnfinishedTurn left,
      List<@Nullable Witness> witnesses) {
    if (left != null) {
      Begun begun = new Begun(record, left.getTurn(), witnesses);
      begun.takenUp(left);
      return begun;
    }
    if (witnesses.stream().allMatch(Objects::isNull)) {
      return null;
    }
    Witness first = witnesses.getFirst();
    Begun begun = new Begun(record, numberOf(first, next), witnesses);
    begun.beganAt = first == null ? -1 : first.firstOffset();
    return begun;
  }

  /** The number of a turn that begins now, or begins again. */
  static int numberOf(@Nullable Witness witness, int next) {
    return witness == null ? next : Math.max(witness.turn(), next);
  }

  /** It goes on from where it was stored. */
  void takenUp(UnfinishedTurn left) {
    shown(Math.max(left.getShown(), left.getSlot().getPosition().getIndex()));
    beganAt = left.hasTokensFrom() ? left.getTokensFrom() : -1;
  }

  RequestRecord record() {
    return record;
  }

  int number() {
    return number;
  }

  /** What the log knows of choice 0, or null. */
  @Nullable Witness witness() {
    return ofChoices.getFirst();
  }

  /** What the log knows of a choice. */
  @Nullable Witness witness(int choice) {
    return ofChoices.get(choice);
  }

  /** What the log knows of each choice. */
  List<@Nullable Witness> witnesses() {
    return ofChoices;
  }

  int choices() {
    return ofChoices.size();
  }

  /** How the turn ended according to the log, or null. */
  @Nullable End decided() {
    Witness witness = witness();
    return witness == null ? null : witness.end();
  }

  /** Committed readers have seen so many tokens. */
  void shown(int tokens) {
    committed = Math.max(committed, tokens);
  }

  /** Index up to which committed readers have seen a choice's tokens. */
  int committedTokens(int choice) {
    if (choice == 0) {
      return committed;
    }
    Witness witness = ofChoices.get(choice);
    return witness == null ? 0 : witness.committed();
  }

  /** Index behind the last token that anybody was shown of a choice. */
  int shownTokens(int choice) {
    Witness witness = ofChoices.get(choice);
    return Math.max(committedTokens(choice), witness == null ? 0 : witness.size());
  }

  /** Offset of the turn's first event; -1 if it is not known. */
  long beganAt() {
    return beganAt;
  }

  void beganAt(long offset) {
    beganAt = offset;
  }
}
