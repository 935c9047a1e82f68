package dev.skein.worker.shard;

import dev.skein.proto.End;
import dev.skein.proto.Token;
import dev.skein.proto.TokenEvent;
import dev.skein.store.ShardStore.StoredEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What earlier owners left in the log of one request's turn: facts, to be fed and not drawn
 * (PROTOCOL: the log is the witness).
 *
 * @param turn the turn's number, -1 for a request that never became one
 * @param firstOffset offset of its oldest event, from which a later owner must read
 * @param attempts how often it was started
 * @param tokens the longest gap-free run of its tokens from index 0
 * @param committed how many of them, from the first, committed readers have seen
 * @param end how it ended, or null
 * @param endCommitted committed readers have seen the end
 * @param requestOffset offset of the request in the shard's partition, -1 if the tail does not tell
 */
public record Witness(
    int turn,
    long firstOffset,
    int attempts,
    List<Token> tokens,
    int committed,
    @Nullable End end,
    boolean endCommitted,
    long requestOffset) {

  /**
   * Gathers the tail of a {@code tokens} partition by (session, request id), without requests that
   * are done: an open turn's first event is always part of the tail, so a run that does not tell
   * its request belongs to a finished turn.
   */
  static Map<String, Witness> gather(List<StoredEvent> tail, LongPredicate isDone) {
    Map<String, Gathering> found = new HashMap<>();
    for (StoredEvent stored : tail) {
      TokenEvent event = stored.event();
      found
          .computeIfAbsent(
              key(event.getSession(), event.getRequestId()), k -> new Gathering(stored))
          .add(stored);
    }
    Map<String, Witness> witnesses = new HashMap<>();
    found.forEach((key, gathering) -> {
      Witness witness = gathering.witness();
      if (witness.requestOffset() >= 0 && !isDone.test(witness.requestOffset())) {
        witnesses.put(key, witness);
      }
    });
    return witnesses;
  }

  static String key(String session, String requestId) {
    return session + '\0' + requestId;
  }

  private static final class Gathering {
    private final int turn;
    private final long firstOffset;
    private int attempts;
    private final List<Token> tokens = new ArrayList<>();
    private int committed;
    private @Nullable End end;
    private boolean endCommitted;
    private long requestOffset = -1;

    Gathering(StoredEvent first) {
      turn = first.event().getTurn();
      firstOffset = first.offset();
    }

    void add(StoredEvent stored) {
      TokenEvent event = stored.event();
      if (event.getTurn() != turn || event.getChoice() != 0) {
        return;
      }
      switch (event.getEventCase()) {
        case STARTED -> {
          attempts = Math.max(attempts, event.getStarted().getAttempt());
          requestOffset = event.getStarted().getRequestOffset();
        }
        case TOKEN -> addToken(event.getIndex(), event.getToken(), stored.committed());
        case END -> {
          if (end == null) {
            end = event.getEnd();
          }
          if (turn < 0) {
            requestOffset = event.getEnd().getRequestOffset();
          }
          endCommitted |= stored.committed();
        }
        default -> {}
      }
    }

    private void addToken(int index, Token token, boolean isCommitted) {
      if (index == tokens.size()) {
        tokens.add(token);
      }
      if (isCommitted && index == committed && index < tokens.size()) {
        committed++;
      }
    }

    Witness witness() {
      return new Witness(
          turn,
          firstOffset,
          attempts,
          List.copyOf(tokens),
          committed,
          end,
          endCommitted,
          requestOffset);
    }
  }
}
