package dev.skein.worker.recovery;

import com.google.protobuf.ByteString;
import dev.skein.proto.End;
import dev.skein.proto.OpenTurn;
import dev.skein.proto.Token;
import dev.skein.proto.TokenEvent;
import dev.skein.store.ShardStore.Acquired;
import dev.skein.store.ShardStore.StoredEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What earlier owners left in the log of one choice of a request's turn: facts, to be fed and not
 * drawn (PROTOCOL: the log is the witness).
 *
 * @param turn the turn's number
 * @param firstOffset offset of its oldest event, from which a later owner must read
 * @param failed in how many takeovers in a row it was found running without having got further
 * @param from index of the first token of the run that is known
 * @param tokens the longest gap-free run of its tokens from there
 * @param committed index up to which committed readers have seen them
 * @param end how it ended, or null
 * @param endCommitted committed readers have seen the end
 * @param requestOffset offset of the request in the shard's partition, -1 if the tail does not tell
 * @param released whether the last owner gave the shard back in order
 * @param weights of the model that ran it last, empty if the tail does not tell
 * @param tokenizer digest of that model's tokenizer, likewise
 * @param chain hash chain over what its session had read before it then, likewise
 */
public record Witness(
    int turn,
    long firstOffset,
    int failed,
    int from,
    List<Token> tokens,
    int committed,
    @Nullable End end,
    boolean endCommitted,
    long requestOffset,
    boolean released,
    String weights,
    String tokenizer,
    ByteString chain) {

  /**
   * Gathers the tail of a {@code tokens} partition by (session, request id), without requests that
   * are done: an open turn's first event is always part of the tail, or the turn is one of those
   * that were stored in their middle, so a run that does not tell its request belongs to a finished
   * turn.
   */
  public static Map<String, Witness> gather(Acquired acquired, LongPredicate isDone) {
    Map<String, OpenTurn> open = new HashMap<>();
    for (OpenTurn turn : acquired.record().getOpenTurnsList()) {
      open.put(key(turn.getSession(), turn.getRequestId()), turn);
    }
    Map<String, Gathering> found = new HashMap<>();
    for (StoredEvent stored : acquired.tail()) {
      TokenEvent event = stored.event();
      if (event.getTurn() < 0) {
        continue;
      }
      String key = key(event.getSession(), event.getRequestId(), event.getChoice());
      found
          .computeIfAbsent(key, k -> new Gathering(stored, open.get(k), event.getChoice()))
          .add(stored);
    }
    Map<String, Witness> witnesses = new HashMap<>();
    found.forEach((key, gathering) -> {
      Witness witness = gathering.witness(acquired.released());
      boolean isOpen = witness.requestOffset() >= 0 && !isDone.test(witness.requestOffset());
      if (isOpen || open.containsKey(key)) {
        witnesses.put(key, witness);
      }
    });
    found.forEach((key, gathering) -> {
      if (gathering.choice > 0 && witnesses.containsKey(gathering.turnKey)) {
        witnesses.put(key, gathering.witness(acquired.released()));
      }
    });
    return witnesses;
  }

  /** The name of a choice of a request's turn; choice 0 has that of the turn. */
  public static String key(String session, String requestId, int choice) {
    return choice == 0 ? key(session, requestId) : key(session, requestId) + '\0' + choice;
  }

  /** The name of a request's turn among its shard's. */
  public static String key(String session, String requestId) {
    return session + '\0' + requestId;
  }

  /** The name is that of a turn of this session, or of a choice of one. */
  public static boolean isOf(String session, String key) {
    return key.startsWith(session + '\0');
  }

  /** Index behind the last token that is known. */
  public int size() {
    return from + tokens.size();
  }

  /** The tokens from an index on; none if the run begins later, since a gap cannot be fed. */
  public List<Token> tokensFrom(int index) {
    return index < from || index >= size()
        ? List.of()
        : tokens.subList(index - from, tokens.size());
  }

  private static final class Gathering {
    private final @Nullable OpenTurn open;
    private final int choice;
    private final String turnKey;
    private final int turn;
    private final long firstOffset;
    private int attempts;
    private int resumedAt;
    private boolean grew;
    private int from = -1;
    private final List<Token> tokens = new ArrayList<>();
    private int committed;
    private @Nullable End end;
    private boolean endCommitted;
    private long requestOffset;
    private String weights = "";
    private String tokenizer = "";
    private ByteString chain = ByteString.EMPTY;

    Gathering(StoredEvent first, @Nullable OpenTurn open, int choice) {
      this.open = open;
      this.choice = choice;
      this.turnKey = key(first.event().getSession(), first.event().getRequestId());
      this.turn = open == null ? first.event().getTurn() : open.getTurn();
      this.firstOffset = first.offset();
      this.requestOffset = open == null ? -1 : open.getRequestOffset();
    }

    void add(StoredEvent stored) {
      TokenEvent event = stored.event();
      if (event.getTurn() != turn) {
        return;
      }
      switch (event.getEventCase()) {
        case STARTED -> {
          attempts = event.getStarted().getAttempt();
          resumedAt = event.getStarted().getResumedAt();
          requestOffset = event.getStarted().getRequestOffset();
          weights = event.getStarted().getWeights();
          tokenizer = event.getStarted().getTokenizer();
          chain = event.getStarted().getChain();
          grew = false;
        }
        case TOKEN -> addToken(event.getIndex(), event.getToken(), stored.committed());
        case END -> {
          if (end == null) {
            end = event.getEnd();
          }
          if (event.getEnd().getRequestOffset() > 0) {
            requestOffset = event.getEnd().getRequestOffset();
          }
          endCommitted |= stored.committed();
        }
        default -> {}
      }
    }

    private void addToken(int index, Token token, boolean isCommitted) {
      if (from < 0) {
        from = index;
        committed = index;
      }
      if (index == from + tokens.size()) {
        tokens.add(token);
        grew = true;
      }
      if (isCommitted && index == committed && index < from + tokens.size()) {
        committed++;
      }
    }

    /** An owner that gave the shard back in order did not die of the turn. */
    private int failed(boolean released) {
      boolean gotFurther = grew || (open != null && open.getRead() > resumedAt);
      return gotFurther ? 0 : Math.max(0, attempts - (released ? 1 : 0));
    }

    Witness witness(boolean released) {
      return new Witness(
          turn,
          firstOffset,
          failed(released),
          Math.max(0, from),
          List.copyOf(tokens),
          committed,
          end,
          endCommitted,
          requestOffset,
          released,
          weights,
          tokenizer,
          chain);
    }
  }
}
