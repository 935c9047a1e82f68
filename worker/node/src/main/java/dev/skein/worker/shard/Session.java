package dev.skein.worker.shard;

import com.google.protobuf.ByteString;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.SessionState;
import dev.skein.proto.Fingerprint;
import dev.skein.proto.Manifest;
import dev.skein.proto.Position;
import dev.skein.proto.Slot;
import dev.skein.proto.Snapshot;
import dev.skein.proto.TurnId;
import dev.skein.proto.UnfinishedTurn;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a session remembers between its turns, and the records that wait for it.
 *
 * <p>Its memory is one recurrent state and a few token ids that the state has still to read ({@code
 * unread}). What is stored of it is a snapshot, possibly older, and the ids read since then ({@code
 * tail}): {@code state ∘ unread = snapshot ∘ tail}, and feeding is the same to the bit however it
 * is cut, so either may serve. While a turn runs all this is the head before the turn; the middle
 * of the turn, if it was stored, is the turn's.
 */
final class Session {

  /** What a session is doing. Legal moves only: {@link #enter}. */
  enum Phase {
    /** Its manifest has not been looked up. */
    UNKNOWN,
    IDLE,
    /** Its state is being fetched. */
    LOADING,
    /** The started event of its turn awaits acknowledgement. */
    STARTING,
    RUNNING,
    /** A snapshot is being stored between two turns. */
    STORING,
    /** Its turn is left to the next owner, who goes on in the middle. */
    HANDED_OVER;

    boolean mayBecome(Phase next) {
      return switch (this) {
        case UNKNOWN -> next == IDLE;
        case STORING -> next == IDLE;
        case IDLE -> next == LOADING || next == STARTING || next == STORING;
        case LOADING -> next == IDLE || next == STARTING || next == LOADING;
        case STARTING -> next == RUNNING || next == HANDED_OVER;
        case RUNNING -> next == IDLE || next == HANDED_OVER;
        case HANDED_OVER -> false;
      };
    }
  }

  private static final int RECENT_LIMIT = 64;

  final String id;
  final boolean ephemeral;
  final WaitingLine waiting;
  final SlotRing ring = new SlotRing();
  @Nullable Turn turn;
  Phase phase;
  boolean lookUpSent;

  /** A turn that an earlier owner left in its middle and that waits to be taken up. */
  @Nullable UnfinishedTurn unfinished;

  private String model = "";
  private int nextTurn;
  private long tokensRead;
  private long updatedMs;
  private byte[] chain = new byte[0];
  private int[] tail = new int[0];
  private @Nullable Slot slot;
  private final ArrayDeque<TurnId> recent = new ArrayDeque<>();
  private @Nullable SessionState state;
  private int[] unread = new int[0];
  private @Nullable Fingerprint fingerprint;
  private String startName = "";
  private ByteString startDigest = ByteString.EMPTY;

  Session(String id, boolean ephemeral, WaitingLine waiting) {
    this.id = id;
    this.waiting = waiting;
    this.ephemeral = ephemeral;
    this.phase = ephemeral ? Phase.IDLE : Phase.UNKNOWN;
  }

  void enter(Phase next) {
    if (!phase.mayBecome(next)) {
      throw new IllegalStateException("session %s: %s -> %s".formatted(id, phase, next));
    }
    phase = next;
  }

  /** Takes up what is stored; null: nothing is. */
  void restore(@Nullable Manifest manifest) {
    if (manifest != null) {
      model = manifest.getModel();
      nextTurn = manifest.getNextTurn();
      fingerprint = manifest.hasFingerprint() ? manifest.getFingerprint() : null;
      updatedMs = manifest.getUpdatedMs();
      if (!manifest.getDeleted()) {
        tokensRead = manifest.getTokensRead();
        chain = manifest.getChain().toByteArray();
        tail = manifest.getTailList().stream().mapToInt(Integer::intValue).toArray();
        unread = tail;
        slot = manifest.getSlotsCount() == 0 ? null : manifest.getSlotsList().getLast();
        recent.addAll(manifest.getRecentList());
        startName = manifest.getStartState();
        startDigest = manifest.getStartStateDigest();
      }
      unfinished = manifest.hasUnfinished() ? manifest.getUnfinished() : null;
      ring.restored(manifest);
    }
  }

  /** Something waits to be run. */
  boolean hasNext() {
    return unfinished != null || !waiting.isEmpty();
  }

  /** The turn under way. */
  Turn turn() {
    Turn current = turn;
    if (current == null) {
      throw new IllegalStateException("session %s has no turn".formatted(id));
    }
    return current;
  }

  /** The engine had no room for its turn, or for a choice of it. */
  boolean isRefused() {
    return phase == Phase.RUNNING && turn().branches().hasUnsent();
  }

  /**
   * The stored snapshot that must be fetched before the next turn, or null if the state is at hand.
   */
  @Nullable Slot missing() {
    return state == null ? slot : null;
  }

  void loaded(SessionState loaded) {
    state = loaded;
    unread = tail;
  }

  boolean isFresh() {
    return tokensRead == 0;
  }

  /** Neither a state nor a snapshot of one is there: the next turn runs from the beginning. */
  boolean beginsAnew() {
    return state == null && slot == null;
  }

  /** The named state that the session began with; empty: the model's own. */
  String startName() {
    return startName;
  }

  ByteString startDigest() {
    return startDigest;
  }

  int nextTurn() {
    return nextTurn;
  }

  String model() {
    return model;
  }

  @Nullable Fingerprint fingerprint() {
    return fingerprint;
  }

  @Nullable SessionState state() {
    return state;
  }

  /** Ids to be fed before anything new. */
  int[] unread() {
    return unread;
  }

  /** The ids of a turn that begins at the session's head, and the chain up to it. */
  TurnIds idsOf(Turn next) {
    return new TurnIds(0, next.plan().prompt(), chain, tokensRead);
  }

  long stateBytes() {
    return state == null ? 0 : state.bytes();
  }

  /** Whether the newest turn is that of this request. */
  boolean newestIs(String requestId) {
    TurnId newest = recent.peekLast();
    return newest != null && newest.getRequestId().equals(requestId);
  }

  /** The turn that this request was run as, or null. */
  @Nullable TurnId turnOf(String requestId) {
    for (TurnId known : recent) {
      if (known.getRequestId().equals(requestId)) {
        return known;
      }
    }
    return null;
  }

  /**
   * A turn has ended: the session stands where its generation stands, or, after a failure, where it
   * stood.
   */
  void apply(Turn ended, GenerationEnd end, ServedModel by) {
    SessionState after = end.state();
    if (after != null) {
      NamedState start = ended.plan().start();
      if (isFresh() && start != null) {
        startName = start.name();
        startDigest = start.digest();
      }
      int[] all = ended.allIds(end);
      int[] ids = ended.ids(end);
      MidTurn resume = ended.resume();
      state = after;
      unread = Arrays.copyOfRange(all, all.length - end.unread(), all.length);
      chain = TurnIds.link(resume == null ? chain : resume.chain(), ids);
      tokensRead = (resume == null ? tokensRead : resume.tokensRead()) + ids.length;
      Slot mid = ended.mid();
      if (mid == null) {
        tail = concat(tail, ids);
      } else {
        slot = mid;
        tail = Arrays.copyOfRange(ids, ended.midRead() - ended.firstId(), ids.length);
      }
    }
    close(ended, by);
  }

  /** A turn has ended without leaving a trace in the state. */
  void close(Turn ended, ServedModel by) {
    model = by.name();
    fingerprint = by.fingerprint();
    nextTurn = ended.number() + 1;
    updatedMs = ended.record().logTimeMs();
    TurnId.Builder id =
        TurnId.newBuilder().setTurn(ended.number()).setRequestId(ended.record().requestId());
    if (ended.beganAt() >= 0) {
      id.setTokensFrom(ended.beganAt());
    }
    recent.add(id.build());
    if (recent.size() > RECENT_LIMIT) {
      recent.removeFirst();
    }
  }

  /** Ids that would have to be fed again after a restart. */
  int tailLength() {
    return tail.length;
  }

  /** How many of these a snapshot of the present state would save; the others it has not read. */
  int savedByStoring() {
    return tail.length - unread.length;
  }

  /** The state as it stands, to be stored. */
  Snapshot snapshot(String architecture) {
    SessionState current = state;
    if (current == null || fingerprint == null) {
      throw new IllegalStateException("session %s has no state to store".formatted(id));
    }
    return Snapshot.newBuilder()
        .setFingerprint(fingerprint)
        .setArchitecture(architecture)
        .setPosition(position())
        .setState(StateBytes.of(current))
        .setChain(ByteString.copyFrom(chain))
        .setTokensRead(tokensRead)
        .build();
  }

  void stored(Slot stored) {
    slot = stored;
    tail = unread;
  }

  /** What is to be stored of the session; the middle of its turn, if that was stored, included. */
  Manifest manifest(int epoch, @Nullable UnfinishedTurn middle) {
    Manifest.Builder manifest =
        Manifest.newBuilder()
            .setSession(id)
            .setModel(model)
            .setEpoch(epoch)
            .setNextTurn(nextTurn)
            .setPosition(position())
            .setChain(ByteString.copyFrom(chain))
            .setTokensRead(tokensRead)
            .addAllRecent(recent)
            .setStartState(startName)
            .setStartStateDigest(startDigest)
            .setUpdatedMs(updatedMs);
    Slot head = slot;
    if (head != null) {
      manifest.addSlots(head);
    }
    if (fingerprint != null) {
      manifest.setFingerprint(fingerprint);
    }
    for (int token : tail) {
      manifest.addTail(token);
    }
    if (middle != null) {
      manifest.setUnfinished(middle).setPosition(middle.getSlot().getPosition());
    }
    return ring.written(manifest);
  }

  private Position position() {
    return Position.newBuilder().setTurn(nextTurn).setIndex(0).build();
  }

  private static int[] concat(int[] first, int[] second) {
    int[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  /**
   * Nothing is under way and nothing waits, and what is stored tells all: the session may leave
   * memory.
   */
  boolean isForgettable() {
    return (phase == Phase.IDLE || phase == Phase.UNKNOWN)
        && waiting.isEmpty()
        && turn == null
        && unfinished == null
        && (phase == Phase.IDLE || !lookUpSent)
        && !ring.isOpen()
        && !ring.isBusy();
  }
}
