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
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a session remembers between its turns, and the records that wait for it.
 *
 * <p>Its memory is one recurrent state and a few token ids that the state has still to read ({@code
 * unread}). What is stored of it is a snapshot, possibly older, and the ids read since then ({@code
 * tail}): {@code state ∘ unread = snapshot ∘ tail}, and feeding is the same to the bit however it
 * is cut, so either may serve.
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
    /** A snapshot is being stored at the end of its turn. */
    STORING;

    boolean mayBecome(Phase next) {
      return switch (this) {
        case UNKNOWN, STORING -> next == IDLE;
        case IDLE -> next == LOADING || next == STARTING;
        case LOADING -> next == IDLE || next == STARTING;
        case STARTING -> next == RUNNING;
        case RUNNING -> next == STORING || next == IDLE;
      };
    }
  }

  private static final int RECENT_LIMIT = 64;

  final String id;
  final boolean ephemeral;
  final WaitingLine waiting;
  @Nullable Turn turn;
  Phase phase;
  boolean lookUpSent;

  private String model = "";
  private int nextTurn;
  private long tokensRead;
  private byte[] chain = new byte[0];
  private int[] tail = new int[0];
  private List<Slot> slots = List.of();
  private final ArrayDeque<TurnId> recent = new ArrayDeque<>();
  private @Nullable SessionState state;
  private int[] unread = new int[0];
  private @Nullable Fingerprint fingerprint;
  private String startName = "";
  private ByteString startDigest = ByteString.EMPTY;
  private List<Integer> committedSlots = List.of();
  private boolean manifestOpen;

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
      fingerprint = manifest.getFingerprint();
      if (!manifest.getDeleted()) {
        tokensRead = manifest.getTokensRead();
        chain = manifest.getChain().toByteArray();
        tail = manifest.getTailList().stream().mapToInt(Integer::intValue).toArray();
        unread = tail;
        slots = manifest.getSlotsList();
        recent.addAll(manifest.getRecentList());
        startName = manifest.getStartState();
        startDigest = manifest.getStartStateDigest();
      }
      committedSlots = slots.stream().map(Slot::getSlot).toList();
    }
  }

  /** The turn under way. */
  Turn turn() {
    Turn current = turn;
    if (current == null) {
      throw new IllegalStateException("session %s has no turn".formatted(id));
    }
    return current;
  }

  /**
   * The stored snapshot that must be fetched before the next turn, or null if the state is at hand.
   */
  @Nullable Slot missing() {
    return state == null && !slots.isEmpty() ? slots.getLast() : null;
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
    return state == null && slots.isEmpty();
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

  /** What a turn feeds before it draws: what the state has still to read, then the prompt. */
  int[] feed(Turn next) {
    return concat(unread, next.plan().prompt());
  }

  /** Ids to be fed before anything new. */
  int[] unread() {
    return unread;
  }

  long stateBytes() {
    return state == null ? 0 : state.bytes();
  }

  /** The turn that this request was run as, or -1. */
  int turnOf(String requestId) {
    for (TurnId known : recent) {
      if (known.getRequestId().equals(requestId)) {
        return known.getTurn();
      }
    }
    return -1;
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
      int[] prompt = ended.plan().prompt();
      int[] kept = end.kept();
      int[] all = concat(feed(ended), kept);
      state = after;
      unread = Arrays.copyOfRange(all, all.length - end.unread(), all.length);
      tail = concat(tail, concat(prompt, kept));
      tokensRead += prompt.length + kept.length;
      chain = link(link(chain, prompt), kept);
    }
    close(ended, by);
  }

  /** A turn has ended without leaving a trace in the state. */
  void close(Turn ended, ServedModel by) {
    model = by.name();
    fingerprint = by.fingerprint();
    nextTurn = ended.number() + 1;
    recent.add(
        TurnId.newBuilder()
            .setTurn(ended.number())
            .setRequestId(ended.record().requestId())
            .build());
    if (recent.size() > RECENT_LIMIT) {
      recent.removeFirst();
    }
  }

  /** Ids that would have to be fed again after a restart. */
  int tailLength() {
    return tail.length;
  }

  /** A slot that neither the committed manifest nor a newer one names. */
  int freeSlot() {
    int slot = 0;
    while (isNamed(slot)) {
      slot++;
    }
    return slot;
  }

  private boolean isNamed(int slot) {
    return committedSlots.contains(slot)
        || slots.stream().anyMatch(named -> named.getSlot() == slot);
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

  void stored(Slot slot) {
    slots = List.of(slot.toBuilder().setPosition(position()).setTokensRead(tokensRead).build());
    tail = unread;
  }

  Manifest manifest(int epoch, long updatedMs) {
    manifestOpen = true;
    Manifest.Builder manifest =
        Manifest.newBuilder()
            .setSession(id)
            .setModel(model)
            .setEpoch(epoch)
            .setNextTurn(nextTurn)
            .setPosition(position())
            .setChain(ByteString.copyFrom(chain))
            .setTokensRead(tokensRead)
            .addAllSlots(slots)
            .addAllRecent(recent)
            .setStartState(startName)
            .setStartStateDigest(startDigest)
            .setUpdatedMs(updatedMs);
    if (fingerprint != null) {
      manifest.setFingerprint(fingerprint);
    }
    for (int token : tail) {
      manifest.addTail(token);
    }
    return manifest.build();
  }

  /** The manifests written so far are committed. */
  void committed() {
    if (manifestOpen) {
      committedSlots = slots.stream().map(Slot::getSlot).toList();
      manifestOpen = false;
    }
  }

  private Position position() {
    return Position.newBuilder().setTurn(nextTurn).setIndex(0).build();
  }

  private static byte[] link(byte[] chain, int[] tokens) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(chain);
      for (int token : tokens) {
        digest.update((byte) token);
        digest.update((byte) (token >>> 8));
        digest.update((byte) (token >>> 16));
        digest.update((byte) (token >>> 24));
      }
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
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
        && !manifestOpen;
  }
}
