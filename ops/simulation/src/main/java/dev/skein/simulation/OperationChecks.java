package dev.skein.simulation;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.skein.proto.Adoption;
import dev.skein.proto.End;
import dev.skein.proto.Kind;
import dev.skein.proto.Manifest;
import dev.skein.proto.Request;
import dev.skein.proto.Shards;
import dev.skein.proto.Standing;
import dev.skein.proto.TokenEvent;
import dev.skein.proto.TurnRef;
import dev.skein.worker.shard.RawRecord;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;

/** Whether operations on sessions do what they say, in the order of the committed log. */
final class OperationChecks {

  private final World world;
  private final Oracle oracle;
  private final ExpiryChecks expiries;
  private final Set<String> adopted = new HashSet<>();
  private final Set<String> expired = new HashSet<>();
  private final Set<String> imported = new HashSet<>();

  OperationChecks(World world, Oracle oracle, ExpiryChecks expiries) {
    this.world = world;
    this.oracle = oracle;
    this.expiries = expiries;
  }

  /**
   * A request was answered that is no turn.
   *
   * @param isNew no earlier owner had shown the answer: then what it says is so now
   */
  void answered(int shard, TokenEvent event, boolean isNew) {
    RawRecord raw = world.requests().at(shard, event.getEnd().getRequestOffset());
    if (raw == null || raw.offset() != event.getEnd().getRequestOffset() || isGarbage(event)) {
      return;
    }
    Request request = Oracle.decoded(raw);
    End end = event.getEnd();
    if (end.hasRepeatOf()) {
      return; // what was said when the request was answered first
    }
    if (end.getError().getCode().equals("fork_expired")) {
      expired.add(mark(event.getSession(), event.getRequestId(), request.getTarget()));
    }
    if (end.hasError() && isNew) {
      refused(shard, event.getSession(), request, event);
    } else if (!end.hasError() && end.hasStanding()) {
      done(event.getSession(), request, event, isNew);
      if (request.getKind() == Kind.KIND_REWIND || request.getKind() == Kind.KIND_IMPORT) {
        expiries.used(event.getSession(), raw.logTimeMs());
      }
    }
  }

  private static boolean isGarbage(TokenEvent event) {
    return event.getEnd().getError().getCode().equals("invalid_request");
  }

  private void done(String session, Request request, TokenEvent event, boolean isNew) {
    switch (request.getKind()) {
      case KIND_REWIND -> oracle.rewound(session, request.getParentTurn(), isNew);
      case KIND_DELETE -> oracle.deleted(session);
      case KIND_ADOPT -> {
        Adoption adoption = adoption(request);
        String mark = mark(adoption.getParent(), adoption.getForkId(), session);
        BrokenPromise.unless(adopted.add(mark), "a fork was made twice: %s", mark);
        Manifest child = adoption.getChild();
        TurnRef head = child.getHead();
        int weights =
            child.hasFingerprint()
                ? ToyModel.weights(child.getFingerprint())
                : oracle.session(session).weights();
        oracle.forked(
            weights,
            adoption.getParent(),
            session,
            child.hasHead() ? Integer.valueOf(head.getTurn()) : null,
            child.hasHead()
                ? oracle.lineage().ever(head.getSession(), head.getTurn(), head.getTokensRead())
                : oracle.lineage().end(session, null),
            event.getEnd().getStanding().getNextTurn());
      }
      case KIND_FORK -> {
        String child = request.getTarget();
        if (isHome(session, child)) {
          Oracle.Known parent = oracle.session(session);
          Integer named = request.hasParentTurn() ? Integer.valueOf(request.getParentTurn()) : null;
          Integer head = parent.tokensRead() == 0 ? null : oracle.lineage().head(session);
          Integer turn = named == null ? head : named;
          Oracle.Known end = named == null ? parent : oracle.end(session, named, isNew);
          int next = event.getEnd().getStanding().getNextTurn();
          oracle.forked(parent.weights(), session, child, turn, end, next);
        } else {
          BrokenPromise.unless(
              adopted.contains(mark(session, event.getRequestId(), child)),
              "the fork %s of %s is answered before %s is made",
              event.getRequestId(),
              session,
              child);
        }
      }
      case KIND_IMPORT -> imported(session, request, event.getEnd().getStanding());
      default -> throw new BrokenPromise("a turn was answered like an operation: " + event);
    }
  }

  private void imported(String session, Request request, Standing standing) {
    Exports.Taken file = world.workload().exports().of(request.getRequestId());
    BrokenPromise.unless(
        imported.add(request.getRequestId()),
        "%s was made twice by the import %s",
        session,
        request.getRequestId());
    BrokenPromise.unless(file.isWhole(), "%s was made of a file that is not whole", session);
    BrokenPromise.unless(
        standing.getTokensRead() == file.at().tokensRead()
            && Objects.equals(
                file.head(),
                standing.hasHeadTurn() ? Integer.valueOf(standing.getHeadTurn()) : null),
        "%s does not stand where it was exported, after %d ids: %s",
        session,
        file.at().tokensRead(),
        standing);
    oracle.imported(session, file.head(), file.at(), standing.getNextTurn());
  }

  /** Only what is so may be refused. */
  private void refused(int shard, String session, Request request, TokenEvent event) {
    boolean isRight =
        switch (event.getEnd().getError().getCode()) {
          case "session_not_found" -> !oracle.lineage().exists(session);
          case "turn_not_found" -> !oracle.lineage().leads(session, request.getParentTurn());
          case "session_exists" -> mayExist(session, request, event);
          case "import_failed" -> isDamaged(request);
          case "state_unavailable" -> cameTooLate(session, request);
          case "fingerprint_mismatch" ->
              isForeign(session, request, world.weights().of(shard, event.getEpoch()));
          case "replay_unavailable" -> oracle.lineage().isOrphan(session);
          case "tokenizer_mismatch" -> false;
          default -> true;
        };
    BrokenPromise.unless(isRight, "it is not so: %s", event);
  }

  /** What a fork is made of is kept until the fork is made or has become too old. */
  private boolean cameTooLate(String session, Request request) {
    if (request.getKind() != Kind.KIND_ADOPT) {
      return false;
    }
    Adoption adoption = adoption(request);
    return expired.contains(mark(adoption.getParent(), adoption.getForkId(), session));
  }

  /** A fork is of its parent's weights, whoever makes it. */
  private boolean isForeign(String session, Request request, int weights) {
    return switch (request.getKind()) {
      case KIND_FORK, KIND_ADOPT, KIND_REWIND, KIND_DELETE -> false;
      case KIND_IMPORT ->
          world.workload().exports().of(request.getRequestId()).at().weights() != weights;
      default -> world.weights().areForeign(from(session, request), weights);
    };
  }

  /** Where a turn goes on from: where its session stands, unless it names an earlier end. */
  private Oracle.Known from(String session, Request request) {
    Oracle.Known end =
        request.hasParentTurn() ? oracle.end(session, request.getParentTurn(), true) : null;
    return end == null ? oracle.session(session) : end;
  }

  private boolean isDamaged(Request request) {
    return request.getKind() == Kind.KIND_IMPORT
        && !world.workload().exports().of(request.getRequestId()).isWhole();
  }

  private boolean mayExist(String session, Request request, TokenEvent event) {
    return switch (request.getKind()) {
      case KIND_FORK ->
          isHome(session, request.getTarget())
              ? oracle.lineage().exists(request.getTarget())
              : !adopted.contains(mark(session, event.getRequestId(), request.getTarget()));
      default -> oracle.lineage().exists(session);
    };
  }

  private boolean isHome(String parent, String child) {
    return Shards.of(parent, world.shards()) == Shards.of(child, world.shards());
  }

  private static String mark(String parent, String fork, String child) {
    return fork + " of " + parent + " into " + child;
  }

  private static Adoption adoption(Request request) {
    try {
      return Adoption.parseFrom(request.getAdoption());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }
}
