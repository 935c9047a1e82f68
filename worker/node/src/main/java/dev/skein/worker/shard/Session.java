package dev.skein.worker.shard;

import com.google.protobuf.ByteString;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.SessionState;
import dev.skein.proto.Fingerprint;
import dev.skein.proto.Manifest;
import dev.skein.proto.Pin;
import dev.skein.proto.Position;
import dev.skein.proto.Slot;
import dev.skein.proto.Snapshot;
import dev.skein.proto.TurnRef;
import dev.skein.proto.UnfinishedTurn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

  final String id;
  final boolean ephemeral;
  final WaitingLine waiting;
  final SlotRing ring = new SlotRing();
  final TurnHistory history = new TurnHistory();
  final MessageChain messages = new MessageChain();
  final List<Pin> pins = new ArrayList<>();
  final Askers askers = new Askers(this);
  @Nullable Turn turn;
  Phase phase;
  boolean lookUpSent;

  /** A turn that an earlier owner left in its middle and that waits to be taken up. */
  @Nullable UnfinishedTurn unfinished;

  /** The unfinished turn that is stored, waiting or under way. */
  @Nullable UnfinishedTurn middle;

  private Origin origin = Origin.NONE;
  private boolean exists;
  private int nextTurn;
  private long updatedMs;
  private Standpoint here = Standpoint.BEGINNING;
  private @Nullable Before before;
  private @Nullable SessionState state;
  private int[] unread = new int[0];

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
      nextTurn = manifest.getNextTurn();
      updatedMs = manifest.getUpdatedMs();
      history.restore(manifest);
      exists = !manifest.getDeleted();
      if (exists) {
        take(manifest);
      }
      pins.addAll(manifest.getPinsList());
      unfinished = manifest.hasUnfinished() ? manifest.getUnfinished() : null;
      middle = unfinished;
      ring.restored(manifest);
    }
  }

  private void take(Manifest manifest) {
    origin = Origin.of(manifest);
    here = Standpoint.of(manifest);
    unread = here.tail();
    messages.restore(manifest);
  }

  /**
   * Begins as another session stood, or as a file tells.
   *
   * @param origin the manifest of the other, with a slot of this session's
   * @param fork what it is remembered by, so that it is done once
   */
  void adopt(Manifest origin, String fork) {
    take(origin);
    exists = true;
    nextTurn = Math.max(nextTurn, origin.getNextTurn());
    updatedMs = Math.max(updatedMs, origin.getUpdatedMs());
    history.begin(nextTurn, fork);
  }

  /** Stands at the end of another turn from now on. */
  void moveTo(Standpoint there) {
    if (there.equals(here)) {
      return;
    }
    here = there;
    state = null;
    unread = there.tail();
    messages.goTo(there.head());
  }

  Standpoint here() {
    return here;
  }

  /** A turn that goes on from elsewhere is about to begin; if it is refused nothing has moved. */
  void goTo(Standpoint there) {
    before = before == null ? new Before(here, origin) : before;
    moveTo(there);
  }

  /** The turn that was to go on from elsewhere, or under another model, was refused. */
  void goBack() {
    Before last = before;
    if (last != null) {
      moveTo(last.here());
      origin = last.origin();
      before = null;
    }
  }

  /** A turn that goes on from elsewhere is under way: where the session stands is not decided. */
  boolean isAway() {
    return before != null;
  }

  /** The turn that went on from elsewhere has ended. */
  void stay() {
    before = null;
  }

  /** Log time of what was done last. */
  long updatedMs() {
    return updatedMs;
  }

  /** Something was done that is no turn. */
  void touched(long logTimeMs) {
    updatedMs = logTimeMs;
  }

  /**
   * The beginning of another session's manifest that goes on from an earlier or the present end.
   */
  Manifest.Builder origin(Standpoint there) {
    Manifest.Builder begun = Manifest.newBuilder();
    there.write(begun);
    begun.addAllMessageChain(messages.at(there.head()));
    return origin.write(begun);
  }

  /** Forgets everything but what was asked, and that turn numbers are not used again. */
  void delete() {
    moveTo(Standpoint.BEGINNING);
    exists = false;
    origin = Origin.NONE;
    history.bury(nextTurn);
  }

  /** The next turn goes on under another model, which has still to read all of it, likewise. */
  void upgrade(Standpoint there, ServedModel to) {
    before = before == null ? new Before(here, origin) : before;
    origin = there.head() == null ? origin.anew(to, nextTurn, here.head()) : origin.by(to);
    moveTo(there);
  }

  Origin origin() {
    return origin;
  }

  /** There was a turn, a fork or an import, and no deletion since. */
  boolean exists() {
    return exists;
  }

  /** It stands at the end of this turn, or of one that left no trace after it. */
  boolean standsAt(int turn) {
    TurnRef head = here.head();
    boolean isThere = (head != null && head.getTurn() == turn) || history.isAfter(turn, head);
    return isThere && !origin.isAfter(turn);
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
    return state != null || here.slots().isEmpty() ? null : here.slots().getLast();
  }

  void loaded(SessionState loaded) {
    state = loaded;
    unread = here.tail();
  }

  boolean isFresh() {
    return here.tokensRead() == 0;
  }

  /** Neither a state nor a snapshot of one is there: the next turn runs from the beginning. */
  boolean beginsAnew() {
    return state == null && here.slots().isEmpty();
  }

  int nextTurn() {
    return nextTurn;
  }

  String model() {
    return origin.model();
  }

  @Nullable Fingerprint fingerprint() {
    return origin.fingerprint();
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
    return new TurnIds(0, next.plan().prompt(), here.chain(), here.tokensRead());
  }

  long stateBytes() {
    return state == null ? 0 : state.bytes();
  }

  /**
   * A turn has ended: the session stands where its generation stands, or, after a failure, where it
   * stood.
   *
   * @param transcriptFrom an offset at or below the turn's transcript; -1 if none is written
   */
  void apply(Turn ended, GenerationEnd end, long transcriptFrom) {
    SessionState after = end.state();
    if (after != null) {
      NamedState start = ended.plan().start();
      if (isFresh() && start != null) {
        origin = origin.beginningWith(start);
      }
      int[] all = ended.allIds(end);
      int[] ids = ended.ids(end);
      MidTurn resume = ended.resume();
      byte[] chain = TurnIds.link(resume == null ? here.chain() : resume.chain(), ids);
      long read = (resume == null ? here.tokensRead() : resume.tokensRead()) + ids.length;
      state = after;
      unread = Arrays.copyOfRange(all, all.length - end.unread(), all.length);
      TurnRef head =
          TurnRef.newBuilder()
              .setSession(id)
              .setTurn(ended.number())
              .setTranscriptFrom(transcriptFrom)
              .setChain(ByteString.copyFrom(chain))
              .setTokensRead(read)
              .setMessages(messages.count())
              .setMessageLink(messages.last())
              .build();
      here = here.after(head, ended, ids);
    }
    close(ended);
  }

  /** A turn has ended without leaving a trace in the state. */
  void close(Turn ended) {
    origin = origin.ran(ended.model(), ended.number());
    close(ended.begun());
  }

  /** A turn has ended that no model here could run. */
  void close(Begun ended) {
    exists = true;
    nextTurn = ended.number() + 1;
    updatedMs = ended.record().logTimeMs();
    history.ran(ended, here.head());
  }

  /** Ids that would have to be fed again after a restart. */
  int tailLength() {
    return here.tail().length;
  }

  /** How many of these a snapshot of the present state would save; the others it has not read. */
  int savedByStoring() {
    return here.tail().length - unread.length;
  }

  /** The state as it stands, to be stored. */
  Snapshot snapshot(String architecture) {
    SessionState current = state;
    Fingerprint fingerprint = origin.fingerprint();
    if (current == null || fingerprint == null) {
      throw new IllegalStateException("session %s has no state to store".formatted(id));
    }
    byte[] chain = here.chainBefore(unread.length);
    return Snapshot.newBuilder()
        .setFingerprint(fingerprint)
        .setArchitecture(architecture)
        .setPosition(position())
        .setState(StateBytes.of(current))
        .setChain(ByteString.copyFrom(chain))
        .setTokensRead(here.tokensRead() - unread.length)
        .build();
  }

  /** The present state was stored. */
  void stored(Slot stored) {
    here = here.stored(stored, unread);
  }

  /** Only the newest snapshot is kept; true if there were others. */
  boolean thin() {
    Standpoint before = here;
    here = here.thin();
    return !here.equals(before);
  }

  /** What is to be stored of the session; the middle of its turn, if that was stored, included. */
  Manifest manifest(int epoch) {
    UnfinishedTurn left = middle;
    Manifest.Builder manifest =
        Manifest.newBuilder()
            .setSession(id)
            .setEpoch(epoch)
            .setNextTurn(nextTurn)
            .setPosition(position())
            .addAllPins(pins)
            .setDeleted(!exists && turn == null)
            .setUpdatedMs(updatedMs);
    origin.write(manifest);
    here.write(manifest);
    history.write(manifest);
    messages.write(manifest);
    if (left != null) {
      manifest.setUnfinished(left).setPosition(left.getSlot().getPosition());
    }
    return ring.written(manifest);
  }

  private Position position() {
    return Position.newBuilder().setTurn(nextTurn).setIndex(0).build();
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
        && pins.isEmpty()
        && (phase == Phase.IDLE || !lookUpSent)
        && !ring.isOpen()
        && !ring.isBusy();
  }
}
