package dev.skein.worker.shard;

import dev.skein.proto.End;
import dev.skein.proto.Manifest;
import dev.skein.proto.Standing;
import dev.skein.proto.TurnId;
import dev.skein.proto.TurnRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a session remembers of its turns: the requests of the last {@value #RECENT_LIMIT}, so that
 * none is run twice, and where the session stood after the last {@value #ENDS_LIMIT}.
 */
final class TurnHistory {

  private static final int RECENT_LIMIT = 64;
  private static final int ENDS_LIMIT = 16;

  /** A fork was made, in an earlier life of the session. */
  private static final End MADE =
      End.newBuilder().setStanding(Standing.getDefaultInstance()).build();

  /** Where the session stood after a turn; {@code end} is null if it had read nothing. */
  record Known(@Nullable TurnRef end) {}

  private final List<TurnId> recent = new ArrayList<>();
  private int firstTurn;
  private String adopted = "";

  void restore(Manifest manifest) {
    recent.addAll(manifest.getRecentList());
    firstTurn = manifest.getFirstTurn();
    adopted = manifest.getAdopted();
  }

  void write(Manifest.Builder manifest) {
    manifest.addAllRecent(recent).setFirstTurn(firstTurn).setAdopted(adopted);
  }

  /** Nothing was ever done that is remembered. */
  boolean isEmpty() {
    return recent.isEmpty() && adopted.isEmpty();
  }

  /** What became of a request, or null. */
  @Nullable TurnId of(String requestId) {
    for (TurnId known : recent) {
      if (known.getRequestId().equals(requestId)) {
        return known;
      }
    }
    return null;
  }

  /** A turn has ended, and the session stands there. */
  void ran(Begun turn, @Nullable TurnRef end) {
    TurnId.Builder ran =
        TurnId.newBuilder().setTurn(turn.number()).setRequestId(turn.record().requestId());
    if (turn.beganAt() >= 0) {
      ran.setTokensFrom(turn.beganAt());
    }
    if (end != null) {
      ran.setEnd(end);
    }
    add(ran.build());
  }

  /** An operation was done, which is no turn. */
  void answered(int nextTurn, String requestId, End answer) {
    add(TurnId.newBuilder().setTurn(nextTurn).setRequestId(requestId).setAnswer(answer).build());
  }

  private void add(TurnId turn) {
    recent.add(turn);
    if (recent.size() > RECENT_LIMIT) {
      recent.removeFirst();
    }
    int old = recent.size() - ENDS_LIMIT - 1;
    if (old >= 0 && recent.get(old).hasEnd()) {
      recent.set(old, recent.get(old).toBuilder().clearEnd().build());
    }
  }

  /** Where the session stood after a turn of the last few, or null if that is not remembered. */
  @Nullable Known after(int turn) {
    for (int i = Math.max(0, recent.size() - ENDS_LIMIT); i < recent.size(); i++) {
      TurnId known = recent.get(i);
      if (known.getTurn() == turn && turn >= firstTurn && !known.hasAnswer()) {
        return new Known(known.hasEnd() ? known.getEnd() : null);
      }
    }
    return null;
  }

  /** The session stood here after this turn, which is one of the last few. */
  boolean isAfter(int turn, @Nullable TurnRef end) {
    Known known = after(turn);
    return known != null && Objects.equals(known.end(), end);
  }

  /** The newest turn of the last few after which no more than so many messages were exchanged. */
  @Nullable TurnRef within(int messages) {
    for (TurnId known : recent.reversed()) {
      if (known.hasEnd() && !known.hasAnswer() && known.getEnd().getMessages() <= messages) {
        return known.getEnd();
      }
    }
    return null;
  }

  /** The first turn of this life of the session. */
  int firstTurn() {
    return firstTurn;
  }

  /** The fork that the session came from; empty: none. */
  String adopted() {
    return adopted;
  }

  /** The session begins, with this turn. What an earlier life came from is not made again. */
  void begin(int turn, String fork) {
    if (!adopted.isEmpty() && !adopted.equals(fork)) {
      add(TurnId.newBuilder().setTurn(firstTurn).setRequestId(adopted).setAnswer(MADE).build());
    }
    firstTurn = turn;
    adopted = fork;
  }

  /** The session is deleted: no earlier turn leads anywhere. */
  void bury(int nextTurn) {
    firstTurn = nextTurn;
    recent.replaceAll(turn -> turn.toBuilder().clearEnd().build());
  }
}
