package dev.skein.simulation;

import dev.skein.proto.BadRecordException;
import dev.skein.proto.End;
import dev.skein.proto.Manifest;
import dev.skein.proto.Request;
import dev.skein.proto.Shards;
import dev.skein.proto.TokenEvent;
import dev.skein.proto.TokenEventCodec;
import dev.skein.proto.Wire;
import dev.skein.store.InMemoryCluster;
import dev.skein.store.LogRecord;
import dev.skein.worker.recovery.Isolation;
import dev.skein.worker.shard.RawRecord;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Looks after every event whether the promises hold, by the log alone: as a reader of everything,
 * as a reader of what is committed, and as a client that takes what is pushed.
 */
final class Promises {

  /** What was running before waits too while suspects run alone. */
  private static final int HELD_BY_SUSPECTS = 16;

  private static final Pattern MARK = Pattern.compile("#(\\d+) ");

  private final World world;
  private final InMemoryCluster cluster;
  private final Oracle oracle;
  private final Audit audit;
  private final Enders enders;
  private final OperationChecks operations;
  private final ExpiryChecks expiries;
  private final long[] shownTo;
  private final long[] committedTo;
  private final int[] newestEpoch;
  private final Map<String, String> shown = new HashMap<>();
  private final Map<String, Integer> firstShown = new HashMap<>();
  private final Map<String, Long> requestOf = new HashMap<>();
  private final Map<String, TurnLog> turns = new HashMap<>();
  private final Map<String, Integer> answers = new HashMap<>();
  private final Map<String, String> turnOfMark = new HashMap<>();
  private final List<TokenEvent> pushed = new ArrayList<>();
  private final Attempts attempts = new Attempts();
  private final Set<String> epochs = new HashSet<>();

  Promises(World world, InMemoryCluster cluster) {
    this.world = world;
    this.cluster = cluster;
    this.oracle = new Oracle(world.weights(), world.scenario().has(Scenario.ROLLING));
    this.expiries = new ExpiryChecks(world, oracle);
    this.operations = new OperationChecks(world, oracle, expiries);
    this.enders = new Enders(world.weights(), oracle);
    this.audit = new Audit(world, cluster, oracle, expiries, turns, requestOf);
    this.shownTo = new long[world.shards()];
    this.committedTo = new long[world.shards()];
    this.newestEpoch = new int[world.shards()];
  }

  /** One owner: an epoch is given once, and epochs rise. */
  void acquired(int shard, int epoch) {
    BrokenPromise.unless(
        epochs.add(shard + ":" + epoch), "epoch %d of shard %d was given twice", epoch, shard);
  }

  /** Bounded: what waits stays within its limit. */
  void bounded(SimulatedOwner owner) {
    int limit = world.limitsOf(owner.shardNumber()).waitingTurns();
    BrokenPromise.unless(
        owner.shard().waiting() <= limit + HELD_BY_SUSPECTS,
        "%d turns wait at %s, at most %d may",
        owner.shard().waiting(),
        owner,
        limit);
  }

  /** Shown to a client: it must lie in the log by then. */
  void pushed(int shard, TokenEvent event) {
    readShown(shard);
    String known = shown.get(identity(event));
    BrokenPromise.unless(
        !isIdentified(event) || content(event).equals(known),
        "nothing is shown before the log has it: %s was pushed, the log says %s",
        identity(event) + " " + content(event),
        String.valueOf(known));
    pushed.add(event);
  }

  /** Reads what is new in every log. */
  void look() {
    for (int shard = 0; shard < world.shards(); shard++) {
      readShown(shard);
      readCommitted(shard);
      audit.look(shard);
    }
  }

  private void readShown(int shard) {
    for (LogRecord record :
        cluster.records(cluster.topics().tokens(), shard, shownTo[shard], false)) {
      shownTo[shard] = record.offset() + 1;
      TokenEvent event = event(record);
      BrokenPromise.unless(
          event.getEpoch() >= newestEpoch[shard],
          "one owner: epoch %d writes into shard %d after epoch %d",
          event.getEpoch(),
          shard,
          newestEpoch[shard]);
      newestEpoch[shard] = event.getEpoch();
      attempts.saw(turnKey(event), event, shown.containsKey(identity(event)));
      if (event.getEnd().getFinishReason().equals("session_busy")) {
        world.workload().refused(event.getRequestId());
      }
      if (event.hasStarted()) {
        world.weights().started(turnKey(event), event.getEpoch());
        requestOf.put(turnKey(event), event.getStarted().getRequestOffset());
      } else if (event.hasEnd() && event.getTurn() >= 0) {
        long offset = event.getEnd().getRequestOffset();
        requestOf.merge(turnKey(event), offset, (known, also) -> known);
      }
      if (isIdentified(event)) {
        firstShown.putIfAbsent(identity(event), event.getEpoch());
        String before = shown.putIfAbsent(identity(event), content(event));
        BrokenPromise.unless(
            before == null || before.equals(content(event)),
            "what was shown stays: %s was %s and is %s",
            identity(event),
            before,
            content(event));
      }
    }
  }

  private static boolean isIdentified(TokenEvent event) {
    return event.hasToken() || event.hasEnd();
  }

  private String identity(TokenEvent event) {
    String of = turnKey(event);
    if (event.getTurn() < 0) {
      int shard = Shards.of(event.getSession(), world.shards());
      return "answer " + shard + ":" + event.getEnd().getRequestOffset() + event.getSession();
    }
    return event.hasEnd() ? "end of " + of : of + "/" + event.getIndex();
  }

  private static String content(TokenEvent event) {
    return event.hasToken()
        ? event.getToken().getId() + " '" + event.getToken().getText() + "'"
        : event.getEnd().getFinishReason() + " at " + event.getIndex();
  }

  private static String turnKey(TurnLog turn) {
    return turn.session() + "/" + turn.number();
  }

  private static String turnKey(TokenEvent event) {
    return event.getSession() + "/" + event.getTurn();
  }

  /** The epoch that is committed is the one that showed it first. */
  private boolean isFirst(TokenEvent event) {
    return Integer.valueOf(event.getEpoch()).equals(firstShown.get(identity(event)));
  }

  private void readCommitted(int shard) {
    for (LogRecord record :
        cluster.records(cluster.topics().tokens(), shard, committedTo[shard], true)) {
      committedTo[shard] = record.offset() + 1;
      TokenEvent event = event(record);
      if (event.getTurn() < 0) {
        answered(shard, event.getEnd().getRequestOffset(), event);
        BrokenPromise.unless(
            !event.getEnd().getFinishReason().equals("cancelled")
                || world.workload().wasCancelled(event.getRequestId()),
            "request %s was cancelled by a router that its client had left",
            event.getRequestId());
        operations.answered(shard, event, isFirst(event));
        continue;
      }
      TurnLog turn =
          turns.computeIfAbsent(
              turnKey(event),
              k -> new TurnLog(event.getSession(), event.getTurn(), event.getRequestId()));
      BrokenPromise.unless(
          turn.requestId().equals(event.getRequestId()),
          "turn numbers are never reused: %s also answers %s",
          turn,
          event.getRequestId());
      if (event.hasToken()) {
        turn.add(event.getIndex(), event.getToken().getId(), event.getToken().getText());
      } else if (event.hasEnd()) {
        ended(shard, turn, event);
      }
    }
  }

  private void ended(int shard, TurnLog turn, TokenEvent event) {
    End end = event.getEnd();
    turn.end();
    BrokenPromise.unless(
        event.getIndex() == turn.tokens().size(),
        "%s ends at index %d, but %d tokens were shown",
        turn,
        event.getIndex(),
        turn.tokens().size());
    long offset = Objects.requireNonNull(requestOf.get(turnKey(event)));
    RawRecord raw = world.requests().at(shard, offset);
    if (raw == null || raw.offset() != offset) {
      throw new BrokenPromise(turn + " answers no request");
    }
    answered(shard, offset, event);
    ranOnce(turn, raw);
    int decidedBy = Objects.requireNonNull(firstShown.get(identity(event)));
    Request request = Oracle.decoded(raw);
    Oracle.Ender ender = enders.of(shard, turn, request, event, decidedBy);
    allowed(turn, request, end, ender);
    oracle.ended(turn, raw, end, ender);
    expiries.used(turn.session(), raw.logTimeMs());
  }

  /** Every record is answered once. */
  private void answered(int shard, long offset, TokenEvent event) {
    int times = answers.merge(shard + ":" + offset, 1, Integer::sum);
    BrokenPromise.unless(
        times == 1,
        "request %d of shard %d is answered %d times, now by %s",
        offset,
        shard,
        times,
        event);
  }

  /** What was asked once is run once: prompts carry a number. */
  private void ranOnce(TurnLog turn, RawRecord raw) {
    String value = new String(Objects.requireNonNull(raw.value()), StandardCharsets.UTF_8);
    Matcher mark = MARK.matcher(value);
    if (mark.find()) {
      String other = turnOfMark.putIfAbsent(mark.group(1), turn.toString());
      BrokenPromise.unless(other == null, "one request was run as %s and as %s", other, turn);
    }
  }

  private void allowed(TurnLog turn, Request request, End end, Oracle.Ender ender) {
    String reason = end.getFinishReason();
    boolean fine =
        switch (reason) {
          case "stop", "length" -> !end.hasRepeatOf();
          case "cancelled" -> world.workload().wasCancelled(turn.requestId());
          case "deadline" -> world.scenario().has(Scenario.CANCELS);
          case "quarantined" -> attempts.failed(turnKey(turn)) >= Isolation.CONVICTED_FROM;
          case "error" ->
              audit.isSabotaged(turn.session())
                  || enders.areWhy(turn, request, ender, end.getError().getCode());
          default -> false;
        };
    BrokenPromise.unless(
        fine, "%s must not end by %s (%s)", turn, reason, end.getError().getMessage());
  }

  /** Where a session stands that is stored so. */
  Oracle.Known stored(int shard, String session, Manifest manifest) {
    return audit.known(shard, session, manifest);
  }

  /** The newest committed manifests of a shard. */
  Map<String, Manifest> manifests(int shard) {
    return audit.manifests(shard);
  }

  /** Everything was too old, and its owners were told so. */
  void everythingWasOld() {
    for (int shard = 0; shard < world.shards(); shard++) {
      expiries.everythingWasOld(manifests(shard));
    }
  }

  /**
   * A fork or import is under way that makes this session; its snapshot may be there before it is.
   */
  boolean isBeingMade(String session) {
    int shard = Shards.of(session, world.shards());
    return world.requests().all(shard).stream()
        .filter(raw -> !answers.containsKey(shard + ":" + raw.offset()))
        .anyMatch(raw -> mentions(raw, session));
  }

  private static boolean mentions(RawRecord raw, String session) {
    byte[] key = raw.key();
    String value = new String(Objects.requireNonNull(raw.value()), StandardCharsets.UTF_8);
    boolean isMade = Wire.PROTOBUF.equals(raw.headers().get(Wire.CONTENT_TYPE));
    boolean isOfKey = key != null && session.equals(new String(key, StandardCharsets.UTF_8));
    return isMade ? isOfKey : value.contains("\"target\":\"" + session + "\"");
  }

  /** Compaction ran. */
  void compacted(int shard) {
    audit.compacted(shard);
  }

  /** A chunk of a named snapshot is gone. */
  void loseChunk(int shard) {
    audit.loseChunk(shard);
  }

  /** Retention deletes tokens that the shard record does not need any more. */
  void forgetTokens(int shard) {
    long unneeded = Math.min(audit.tokensFrom(shard), Math.min(shownTo[shard], committedTo[shard]));
    cluster.truncate(cluster.topics().tokens(), shard, unneeded);
  }

  /** At the end of a life: everything was answered, and what clients saw is what is committed. */
  void lookBack() {
    Set<String> marks = new HashSet<>();
    for (int shard = 0; shard < world.shards(); shard++) {
      for (RawRecord raw : world.requests().all(shard)) {
        if (mustBeAnswered(raw, shard, marks)) {
          BrokenPromise.unless(
              answers.containsKey(shard + ":" + raw.offset()),
              "liveness: request %d of shard %d is never answered",
              raw.offset(),
              shard);
        }
      }
      audit.lookBack(shard);
    }
    for (TokenEvent event : pushed) {
      TurnLog turn = turns.get(turnKey(event));
      if (event.hasToken()) {
        BrokenPromise.unless(
            turn != null
                && event.getIndex() < turn.tokens().size()
                && turn.tokens().get(event.getIndex()) == event.getToken().getId(),
            "a client saw %s, committed readers never do",
            identity(event));
      }
    }
    turns
        .values()
        .forEach(turn -> BrokenPromise.unless(turn.hasEnded(), "liveness: %s never ends", turn));
  }

  private boolean mustBeAnswered(RawRecord raw, int shard, Set<String> marks) {
    String mark = raw.headers().get(Wire.ORIGIN);
    String value = new String(Objects.requireNonNull(raw.value()), StandardCharsets.UTF_8);
    byte[] key = raw.key();
    if (Wire.PROTOBUF.equals(raw.headers().get(Wire.CONTENT_TYPE))) {
      return true;
    }
    boolean garbage = !value.contains("#");
    if (garbage) {
      return key != null && Shards.of(key, world.shards()) == shard;
    }
    String named =
        key != null ? new String(key, StandardCharsets.UTF_8) : Oracle.decoded(raw).getSession();
    boolean home = named.isEmpty() || Shards.of(named, world.shards()) == shard;
    return home && (mark == null || marks.add(mark));
  }

  private static TokenEvent event(LogRecord record) {
    try {
      return TokenEventCodec.decode(Objects.requireNonNull(record.value()));
    } catch (BadRecordException e) {
      throw new IllegalStateException(e);
    }
  }
}
