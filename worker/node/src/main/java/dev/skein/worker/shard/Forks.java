package dev.skein.worker.shard;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.skein.proto.Adoption;
import dev.skein.proto.End;
import dev.skein.proto.Failure;
import dev.skein.proto.Kind;
import dev.skein.proto.Manifest;
import dev.skein.proto.Pin;
import dev.skein.proto.Slot;
import dev.skein.proto.TurnId;
import dev.skein.proto.TurnRef;
import dev.skein.proto.Unpin;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Forks. Within a shard one transaction makes the new session; its log position for both sessions
 * is that of the fork's record, which waits in the lines of both. Across shards the parent pins
 * what it stands on, tells the other owner, and answers when it is told back.
 */
final class Forks {

  /** What the other owner told, and where in {@code controls} it did. */
  private record Word(long offset, Unpin unpin) {}

  private static final int PINS_MAX = 64;
  private static final int ADOPTION_BYTES_MAX = 800 * 1024;

  private final Workings shard;
  private final Checkpoints checkpoints;
  private final Adoptions adoptions;
  private final Announcements announcements;
  private final Replies replies;
  private final Outbox outbox;
  private final Inbox inbox;
  private final Consumer<Session> goOn;
  private final Set<String> pinned = new TreeSet<>();
  private final Map<String, List<Word>> early = new HashMap<>();

  /**
   * @param goOn begins the next turn of a session
   */
  Forks(
      Workings shard,
      Checkpoints checkpoints,
      Adoptions adoptions,
      Replies replies,
      Inbox inbox,
      Consumer<Session> goOn) {
    this.shard = shard;
    this.checkpoints = checkpoints;
    this.adoptions = adoptions;
    this.announcements = new Announcements(shard);
    this.replies = replies;
    this.outbox = new Outbox(shard);
    this.inbox = inbox;
    this.goOn = goOn;
  }

  Outbox outbox() {
    return outbox;
  }

  /** Sessions with pins. */
  Set<String> pinned() {
    return pinned;
  }

  /** An earlier owner left this session with pins: they are told again once it is looked up. */
  void mayBePinned(String session) {
    pinned.add(session);
  }

  /** The session was looked up. */
  void restored(Session session, long nowMs) {
    pinned.remove(session.id);
    for (Pin pin : session.pins) {
      pinned.add(session.id);
      outbox.pinned(session, pin, nowMs);
    }
    hearAgain(session);
  }

  /** Words that came when the session could not hear them. */
  void hearAgain(Session session) {
    List<Word> words = early.remove(session.id);
    if (words != null) {
      words.forEach(word -> unpin(session, word.unpin()));
    }
  }

  /** The first word that was read and not heard: whoever follows must read it again. */
  long oldestUnheard() {
    return early.values().stream()
        .mapToLong(words -> words.getFirst().offset())
        .min()
        .orElse(Long.MAX_VALUE);
  }

  // ---- the parent's side

  /**
   * Whether a record must wait although its session is idle: a deletion for pins, a fork for the
   * session to be made.
   */
  boolean mustWait(Session session, RequestRecord request) {
    if (request.request().getKind() == Kind.KIND_DELETE) {
      return !session.pins.isEmpty() || session.ring.isBusy();
    }
    if (request.request().getKind() != Kind.KIND_FORK) {
      return false;
    }
    if (!request.session().equals(session.id)) {
      Session parent = shard.sessions().get(request.session());
      if (isNext(parent, request)) {
        goOn.accept(parent);
      }
      return true;
    }
    String target = request.request().getTarget();
    boolean isPending =
        session.pins.stream().anyMatch(p -> adoption(p).getForkId().equals(request.requestId()));
    return isPending || (waitsInBoth(request) && !isNext(shard.sessions().get(target), request));
  }

  private static boolean isNext(Session session, RequestRecord request) {
    return session.phase == Phase.IDLE
        && session.unfinished == null
        && !session.waiting.isEmpty()
        && session.waiting.peek().offset() == request.offset();
  }

  /** The session to be made lives in this shard too. */
  boolean waitsInBoth(RequestRecord request) {
    String target = request.request().getTarget();
    return request.request().getKind() == Kind.KIND_FORK
        && !target.equals(request.session())
        && inbox.isHome(target);
  }

  /** A request needs no further thought: if it was a fork, the line of its child moves on. */
  void finished(RequestRecord request) {
    Session child =
        waitsInBoth(request) ? shard.sessions().find(request.request().getTarget()) : null;
    if (child != null) {
      child.waiting.remove(request);
      goOn.accept(child);
    }
  }

  void fork(Session parent, RequestRecord request, Standpoint there) throws Rejection {
    Manifest origin = origin(parent, request, there);
    if (waitsInBoth(request)) {
      Session child = shard.sessions().get(request.request().getTarget());
      parent.enter(Phase.OPERATING);
      adoptions.begin(
          child,
          origin,
          parent.id,
          mark(parent.id, request.requestId()),
          refusal -> forked(parent, child, request, refusal));
    } else {
      pin(parent, request, origin);
    }
  }

  private void forked(
      Session parent, Session child, RequestRecord request, @Nullable Rejection refusal) {
    parent.enter(Phase.IDLE);
    End end = refusal == null ? Answers.standing(child) : Answers.failure(refusal);
    if (refusal == null) {
      parent.history.answered(parent.nextTurn(), request.requestId(), end);
      checkpoints.writeHead(parent);
    }
    replies.answer(request, end);
    goOn.accept(parent);
  }

  private static Manifest origin(Session parent, RequestRecord request, Standpoint there) {
    Manifest.Builder origin =
        parent
            .origin(there.thin())
            .setSession(request.request().getTarget())
            .setUpdatedMs(request.logTimeMs());
    TurnRef head = there.head();
    if (head == null || parent.origin().isAfter(head.getTurn())) {
      origin.clearAnewFrom().clearAnewAfter();
    }
    return head == null ? origin.build() : origin.setNextTurn(head.getTurn() + 1).build();
  }

  private void pin(Session parent, RequestRecord request, Manifest origin) throws Rejection {
    if (parent.pins.size() >= PINS_MAX) {
      throw new Rejection(
          "too_many_forks",
          "%d forks of session %s are under way; ask again when one is done."
              .formatted(PINS_MAX, parent.id));
    }
    Adoption.Builder adoption =
        Adoption.newBuilder()
            .setForkId(request.requestId())
            .setForkOffset(request.offset())
            .setChild(origin)
            .setParent(parent.id)
            .setJson(request.json());
    String push = request.push();
    if (push != null) {
      adoption.setPush(push);
    }
    Pin.Builder pin =
        Pin.newBuilder()
            .setChild(origin.getSession())
            .setSinceMs(request.logTimeMs())
            .setAdoption(adoption.build().toByteString());
    if (pin.getAdoption().size() > ADOPTION_BYTES_MAX) {
      throw new Rejection(
          "fork_too_large",
          "So much would have to be read again there that it does not fit into one record: send a turn to %s first, or fork its newest turn."
              .formatted(parent.id));
    }
    if (origin.getSlotsCount() > 0) {
      Slot slot = origin.getSlots(0);
      pin.setSlot(slot.getSlot()).setDigest(slot.getDigest());
    }
    parent.pins.add(pin.build());
    pinned.add(parent.id);
    checkpoints.writeHead(parent);
    outbox.pinnedNow(parent, pin.build());
    replies.finish(request);
  }

  /** A word of the other owner was read; it counts once the session is known. */
  void toldBack(Session parent, long offset, Unpin unpin) {
    if (parent.phase == Phase.UNKNOWN || parent.isAway()) {
      early.computeIfAbsent(parent.id, id -> new ArrayList<>()).add(new Word(offset, unpin));
    } else {
      unpin(parent, unpin);
    }
  }

  /** The other owner has told what became of a fork; the first word counts. */
  private void unpin(Session parent, Unpin unpin) {
    Adoption told = adoption(unpin.getAdoption());
    Pin pin = told == null ? null : pinOf(parent, told);
    if (told == null || pin == null) {
      return;
    }
    parent.pins.remove(pin);
    outbox.unpinned(pin);
    if (parent.pins.isEmpty()) {
      pinned.remove(parent.id);
    }
    End end =
        told.hasFailure()
            ? Answers.failure(told.getFailure().getCode(), told.getFailure().getMessage())
            : Answers.standing(told.getChild());
    announcements.forked(adoption(pin), end);
    if (!told.hasFailure()) {
      parent.history.answered(parent.nextTurn(), told.getForkId(), end);
    }
    checkpoints.write(parent);
    goOn.accept(parent);
  }

  private static @Nullable Pin pinOf(Session parent, Adoption told) {
    for (Pin pin : parent.pins) {
      Adoption adoption = adoption(pin);
      if (adoption.getForkId().equals(told.getForkId())
          && adoption.getForkOffset() == told.getForkOffset()) {
        return pin;
      }
    }
    return null;
  }

  // ---- the other side

  /** Makes the session that another shard's owner tells of, once. */
  void adopt(Session child, RequestRecord record) throws Rejection {
    Adoption adoption = adoption(record.request().getAdoption());
    if (adoption == null) {
      throw new Rejection("invalid_request", "Requests of kind adopt are sent by owners alone.");
    }
    String fork = mark(adoption.getParent(), adoption.getForkId());
    if (child.history.adopted().equals(fork)) {
      repeat(child, record, adoption, child.history.firstTurn());
      return;
    }
    TurnId before = child.history.of(fork);
    if (before != null && !before.getAnswer().hasError()) {
      repeat(child, record, adoption, before.getTurn());
      return;
    }
    if (before != null) {
      Failure failure = before.getAnswer().getError();
      tellBack(child, adoption, new Rejection(failure.getCode(), failure.getMessage()));
      replies.answer(record, before.getAnswer().toBuilder().setRepeatOf(before.getTurn()).build());
      return;
    }
    long age = record.logTimeMs() - adoption.getChild().getUpdatedMs();
    if (age > shard.limits().keeping().pinMs()) {
      adopted(child, record, adoption, new Rejection(Outbox.EXPIRED, Outbox.EXPIRED_SENTENCE));
      return;
    }
    adoptions.begin(
        child,
        adoption.getChild(),
        adoption.getParent(),
        fork,
        refusal -> {
          adopted(child, record, adoption, refusal);
          goOn.accept(child);
        });
  }

  /** It is made already, and may have gone on or ended since. */
  private void repeat(Session child, RequestRecord record, Adoption adoption, int turn) {
    tellBack(child, adoption, null);
    replies.answer(record, Answers.standing(child).toBuilder().setRepeatOf(turn).build());
  }

  private void adopted(
      Session child, RequestRecord record, Adoption adoption, @Nullable Rejection refusal) {
    tellBack(child, adoption, refusal);
    if (refusal != null) {
      String fork = mark(adoption.getParent(), adoption.getForkId());
      child.history.answered(child.nextTurn(), fork, Answers.failure(refusal));
      if (!child.exists()) {
        child.touched(record.logTimeMs()); // the refusal is remembered as long as a grave
      }
      checkpoints.writeHead(child);
    }
    replies.answer(record, refusal == null ? Answers.standing(child) : Answers.failure(refusal));
  }

  private void tellBack(Session child, Adoption adoption, @Nullable Rejection refusal) {
    Adoption.Builder told = adoption.toBuilder();
    if (refusal != null) {
      told.setFailure(Failure.newBuilder().setCode(refusal.code()).setMessage(refusal.sentence()));
    } else {
      TurnRef head = child.here().head();
      told.setChild(
          Manifest.newBuilder()
              .setSession(child.id)
              .setNextTurn(child.nextTurn())
              .setTokensRead(child.here().tokensRead()));
      if (head != null) {
        told.getChildBuilder().setHead(head);
      }
    }
    outbox.tellBack(told.build());
  }

  private static String mark(String parent, String forkId) {
    return parent + '\n' + forkId;
  }

  private static @Nullable Adoption adoption(ByteString bytes) {
    try {
      return bytes.isEmpty() ? null : Adoption.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
  }

  static Adoption adoption(Pin pin) {
    try {
      return Adoption.parseFrom(pin.getAdoption());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a pin of ours cannot be read", e);
    }
  }
}
