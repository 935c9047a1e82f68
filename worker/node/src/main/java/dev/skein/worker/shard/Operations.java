package dev.skein.worker.shard;

import dev.skein.proto.End;
import dev.skein.proto.Kind;
import dev.skein.proto.Request;
import dev.skein.proto.TurnRef;
import dev.skein.store.Past;
import dev.skein.worker.recovery.Witness;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Requests that are no turns: they move a session's head, make a session or delete one. They have
 * their place in the session's line like turns, and are answered in the transaction that makes them
 * true.
 */
final class Operations {

  /** Is told where a turn ended. */
  private interface Found {
    void at(Standpoint there) throws Rejection;
  }

  private record Search(
      RequestRecord request, TurnRef from, int turn, String refusal, Found found) {}

  private final Workings shard;
  private final Checkpoints checkpoints;
  private final Adoptions adoptions;
  private final Forks forks;
  private final Imports imports;
  private final Replies replies;
  private final Refusals refusals;
  private final Consumer<Session> goOn;
  private final Map<String, Search> searches = new HashMap<>();

  /**
   * @param goOn begins the next turn of a session
   */
  Operations(
      Workings shard,
      Checkpoints checkpoints,
      Replies replies,
      Refusals refusals,
      Inbox inbox,
      Consumer<Session> goOn) {
    this.shard = shard;
    this.checkpoints = checkpoints;
    this.adoptions = new Adoptions(shard, checkpoints);
    this.forks = new Forks(shard, checkpoints, adoptions, replies, inbox, goOn);
    this.imports = new Imports(shard, adoptions, replies, this::answer, goOn);
    this.replies = replies;
    this.refusals = refusals;
    this.goOn = goOn;
  }

  static boolean isOne(Kind kind) {
    return switch (kind) {
      case KIND_FORK, KIND_REWIND, KIND_DELETE, KIND_IMPORT, KIND_ADOPT -> true;
      default -> false;
    };
  }

  Forks forks() {
    return forks;
  }

  Imports imports() {
    return imports;
  }

  /**
   * Takes what is next in an idle session's line; false if it is a turn that may begin.
   *
   * @throws Rejection if it can be neither
   */
  boolean take(Session session, RequestRecord request) throws Rejection {
    Request asked = request.request();
    if (!isOne(asked.getKind())) {
      return moves(session, request) || upgrades(session, request);
    }
    if (session.ephemeral) {
      throw new Rejection("invalid_request", "Only a session that lasts can be operated on.");
    }
    TurnRules.checkTurn(asked, session);
    switch (asked.getKind()) {
      case KIND_REWIND -> {
        checkExists(session);
        find(session, request, asked.getParentTurn(), there -> rewind(session, request, there));
      }
      case KIND_FORK -> fork(session, request);
      case KIND_DELETE -> delete(session, request);
      case KIND_IMPORT -> imports.begin(session, request);
      default -> forks.adopt(session, request);
    }
    return true;
  }

  private static void checkExists(Session session) throws Rejection {
    if (!session.exists()) {
      throw new Rejection("session_not_found", "There is no session %s.".formatted(session.id));
    }
  }

  private void answer(Session session, RequestRecord request) {
    End end = Answers.standing(session);
    session.history.answered(session.nextTurn(), request.requestId(), end);
    session.touched(request.logTimeMs());
    checkpoints.writeHead(session);
    replies.answer(request, end);
  }

  // ---- going back

  /** A turn may name the one from whose end it goes on: then the session goes there first. */
  private boolean moves(Session session, RequestRecord request) throws Rejection {
    Request asked = request.request();
    if (!asked.hasParentTurn() || session.standsAt(asked.getParentTurn())) {
      return false;
    }
    checkExists(session);
    find(
        session,
        request,
        asked.getParentTurn(),
        there -> {
          shard.sessions().changing(session, () -> session.goTo(there));
          session.waiting.putBack(request);
        });
    return true;
  }

  private void rewind(Session session, RequestRecord request, Standpoint there) {
    shard.sessions().changing(session, () -> session.moveTo(there));
    answer(session, request);
  }

  private void fork(Session session, RequestRecord request) throws Rejection {
    checkExists(session);
    Request asked = request.request();
    if (asked.getTarget().equals(session.id)) {
      throw new Rejection("invalid_request", "A session cannot be forked into itself.");
    }
    if (asked.hasParentTurn()) {
      find(session, request, asked.getParentTurn(), there -> forks.fork(session, request, there));
    } else {
      forks.fork(session, request, session.here());
    }
  }

  /** Finds where a turn ended: in what is at hand, or else in the transcripts. */
  private void find(Session session, RequestRecord request, int turn, Found found)
      throws Rejection {
    boolean isPromised = shard.shownAnswers().isPromised(request.offset());
    if (session.origin().isAfter(turn) && !isPromised) {
      throw new Rejection(
          "turn_not_found",
          "Session %s began anew with turn %d, under another model: it cannot go back to turn %d."
              .formatted(session.id, session.origin().anew().from(), turn));
    }
    if (session.standsAt(turn)) {
      found.at(session.here());
      return;
    }
    TurnHistory.Known known = session.history.after(turn);
    Standpoint near = known == null ? null : session.here().before(known.end());
    if (near != null) {
      found.at(near);
      return;
    }
    TurnRef from = known == null ? session.here().head() : known.end();
    if (from == null || Integer.compareUnsigned(turn, session.nextTurn()) >= 0) {
      throw new Rejection(
          "turn_not_found", "Session %s has no turn %d to go back to.".formatted(session.id, turn));
    }
    int wanted = known == null ? turn : from.getTurn();
    List<Long> stops = session.here().slots().stream().map(slot -> slot.getTokensRead()).toList();
    search(session, new Search(request, from, wanted, "turn_not_found", found), stops);
  }

  // ---- another model

  /** True if the session must be read again by another model first. */
  private boolean upgrades(Session session, RequestRecord request) throws Rejection {
    Upgrade rule = shard.limits().keeping().onUpgrade();
    if (session.ephemeral || !session.exists() || rule == Upgrade.ADOPT) {
      return false;
    }
    ServedModel next = shard.models().successor(session, request.request().getModel());
    if (next == null) {
      return false;
    }
    Standpoint here = session.here();
    TurnRef head = here.head();
    boolean isReadOn =
        (rule == Upgrade.REPLAY && head != null)
            || shard.witnesses().containsKey(Witness.key(session.id, request.requestId()));
    String words = session.origin().tokenizer();
    if (isReadOn && !words.isEmpty() && !words.equals(next.tokenizer().digest())) {
      throw next.otherWords(session.id);
    }
    if (rule == Upgrade.FRESH || head == null) {
      upgrade(session, Standpoint.BEGINNING, next);
      return false;
    }
    if (here.slots().isEmpty()) {
      upgrade(session, new Standpoint(head, List.of(), here.tail()), next);
      return false;
    }
    Found again =
        there -> {
          upgrade(session, there, next);
          session.waiting.putBack(request);
        };
    search(
        session, new Search(request, head, head.getTurn(), "replay_unavailable", again), List.of());
    return true;
  }

  private void upgrade(Session session, Standpoint there, ServedModel to) {
    shard.sessions().changing(session, () -> session.upgrade(there, to));
  }

  private static Rejection notFound(Session session, Search search, String why) {
    return new Rejection(
        search.refusal(),
        "What session %s had read at the end of turn %d cannot be read again. %s"
            .formatted(session.id, search.turn(), why)
            .strip());
  }

  private void search(Session session, Search search, List<Long> stops) {
    session.enter(Phase.OPERATING);
    searches.put(session.id, search);
    shard.effects().accept(new Effect.ReadPast(session.id, search.from(), search.turn(), stops));
  }

  /** What {@link #find} looked for was read, or is not there. */
  void pastRead(Session session, ShardEvent.PastRead read) {
    Search search = searches.remove(session.id);
    if (search == null) {
      return;
    }
    session.enter(Phase.IDLE);
    Past past = read.past();
    Standpoint there =
        past == null ? null : session.here().reaching(past.end(), past.from(), past.ids());
    if (there == null && past != null && past.from() > 0) {
      // A slot of that length on another branch: from the beginning, then.
      search(session, search, List.of());
      return;
    }
    try {
      if (there == null) {
        throw notFound(session, search, Objects.requireNonNullElse(read.failure(), ""));
      }
      search.found().at(there);
    } catch (Rejection rejection) {
      refusals.refuse(session, search.request(), null, rejection);
    }
    goOn.accept(session);
  }

  // ---- the end of a session, and its beginning

  private void delete(Session session, RequestRecord request) throws Rejection {
    checkExists(session);
    bury(session);
    answer(session, request);
  }

  private void bury(Session session) {
    for (int slot : session.ring.all()) {
      shard.effects().accept(new Effect.DropSlot(session.id, slot, session.ring.chunks()));
    }
    shard
        .effects()
        .accept(
            new Effect.DropTranscripts(
                session.id, session.history.firstTurn(), session.nextTurn()));
    shard.sessions().changing(session, session::delete);
  }

  /** Nobody has wanted anything of the session for as long as it is kept. */
  void expire(Session session, long nowMs) {
    bury(session);
    session.touched(nowMs);
    checkpoints.writeHead(session);
  }

  // ---- what comes from outside

  /** True if the snapshot that was fetched is not for a turn. */
  boolean stateLoaded(Session session, ShardEvent.StateLoaded loaded) {
    boolean mine = session.phase == Phase.OPERATING;
    if (mine) {
      adoptions.loaded(session, loaded);
    }
    return mine;
  }

  /** True if the snapshot that was stored makes a session. */
  boolean snapshotStored(Session session, ShardEvent.SnapshotStored stored) {
    return adoptions.stored(session, stored.slot());
  }
}
