package dev.skein.simulation;

import dev.skein.engine.Generation;
import dev.skein.engine.GenerationEnd;
import dev.skein.model.sampling.CounterRandom;
import dev.skein.proto.BadRecordException;
import dev.skein.proto.ChatMessage;
import dev.skein.proto.End;
import dev.skein.proto.Kind;
import dev.skein.proto.Request;
import dev.skein.proto.RequestCodec;
import dev.skein.proto.Wire;
import dev.skein.worker.shard.RawRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What each session must be, worked out from the committed log alone, turn by turn, by the plain
 * rule: the tokens of a turn are a function of the state before it and its request.
 */
final class Oracle {

  /** A session after some turns. */
  record Known(List<Integer> ids, int nextTurn, int weights) {
    static final Known NEW = new Known(List.of(), 0, 0);

    ToyModel model() {
      return model(ids.size());
    }

    /** The model after the first so many ids. */
    ToyModel model(long read) {
      ToyModel model = ToyModel.beginning(weights);
      for (int id : ids.subList(0, (int) Math.min(read, ids.size()))) {
        model = model.read(id);
      }
      return model;
    }

    long tokensRead() {
      return ids.size();
    }

    private Known after(int[] prompt, int[] kept, int nextTurn) {
      List<Integer> all = new ArrayList<>(ids);
      Arrays.stream(prompt).forEach(all::add);
      Arrays.stream(kept).forEach(all::add);
      return new Known(all, nextTurn, weights);
    }

    /** It has begun anew since it was so: what it had read it has left behind. */
    private boolean beganAnew(Known since) {
      return since.ids().isEmpty() && since.weights() != weights;
    }

    private Known at(List<Integer> others) {
      return new Known(others, nextTurn, weights);
    }
  }

  /**
   * Who ran a turn to its end.
   *
   * @param weights of the owner whose end event is committed
   * @param drewAlone of all who drew its tokens; null: there were several
   * @param isRefused it was not run to its end, since these weights could not
   * @param closer who said so in what is committed: its weights, or null if it did not look at
   *     where the turn was to go on
   */
  record Ender(
      int weights, @Nullable Integer drewAlone, boolean isRefused, @Nullable Integer closer) {}

  /** What a turn reads and how it would be drawn. */
  record Plan(Request request, int[] prompt, long seed, int maxTokens) {}

  private final Weights weights;
  private final boolean anyArithmetic;
  private final Map<String, Known> sessions = new HashMap<>();
  private final Lineage lineage = new Lineage();

  /**
   * @param anyArithmetic the arithmetic may change in the middle of a turn: then the tokens of the
   *     log are facts, and only what follows from them is checked
   */
  Oracle(Weights weights, boolean anyArithmetic) {
    this.weights = weights;
    this.anyArithmetic = anyArithmetic;
  }

  Lineage lineage() {
    return lineage;
  }

  Known session(String id) {
    return sessions.getOrDefault(id, Known.NEW);
  }

  /** Where a turn begins: where its session stands, or at the end that its request names. */
  Known before(TurnLog turn, Request request) {
    Known now = session(turn.session());
    if (!request.hasParentTurn()) {
      return now;
    }
    Known end = end(turn.session(), request.getParentTurn(), true);
    BrokenPromise.unless(
        end != null, "%s goes on from turn %d, which never was", turn, request.getParentTurn());
    return now.at(Objects.requireNonNull(end).ids());
  }

  private Known before(TurnLog turn, Request request, int weightsOfOwner) {
    return weights.met(before(turn, request), weightsOfOwner);
  }

  /** The session is one of these weights now. */
  void upgraded(String session, int to) {
    Known now = session(session);
    BrokenPromise.unless(
        !weights.areForeign(now, to), "%s of weights %d meets %d", session, now.weights(), to);
    Known met = weights.met(now, to);
    if (now.beganAnew(met)) {
      lineage.beganAnew(session, now.nextTurn());
    }
    sessions.put(session, met);
  }

  /** What a turn goes on from was left behind when its session began anew. */
  boolean isLeftBehind(TurnLog turn, Request request) {
    int from = request.getParentTurn();
    return request.hasParentTurn()
        && lineage.isLeftBehind(turn.session(), from)
        && end(turn.session(), from, true) == null;
  }

  /**
   * Where a session stood at the end of a turn that it may go back to, or null.
   *
   * @param isNew no owner had said that it does before the session began anew
   */
  @Nullable Known end(String session, int turn, boolean isNew) {
    Known end = lineage.end(session, turn);
    boolean hasRead = end != null && end.tokensRead() > 0;
    return isNew && hasRead && lineage.isLeftBehind(session, turn) ? null : end;
  }

  /**
   * The session stands at the end of this turn now.
   *
   * @param isNew no owner had said so before
   */
  void rewound(String session, int turn, boolean isNew) {
    Known end = end(session, turn, isNew);
    BrokenPromise.unless(end != null, "%s was rewound to turn %d, which never was", session, turn);
    sessions.put(session, session(session).at(Objects.requireNonNull(end).ids()));
    lineage.rewound(session, turn);
  }

  /** The session is gone, but its turn numbers are not used again. */
  void deleted(String session) {
    sessions.put(session, session(session).at(List.of()));
    lineage.deleted(session);
  }

  /**
   * A session was made out of the end of another one's turn.
   *
   * @param as of whose weights it is: those of its parent then, which read what it had read before
   * @param turn null: out of one that had read nothing
   * @param next the number that its next turn will have
   */
  void forked(
      int as, String parent, String child, @Nullable Integer turn, @Nullable Known end, int next) {
    BrokenPromise.unless(
        end != null,
        "%s was made of turn %s of %s, which never was",
        child,
        String.valueOf(turn),
        parent);
    begun(child, new Known(Objects.requireNonNull(end).ids(), next, as), next);
    lineage.forked(parent, child, turn, end);
  }

  /**
   * A session was made out of a file.
   *
   * @param turn at whose end the exported one stood; null: it had read nothing
   * @param next the number that its next turn will have
   */
  void imported(String session, @Nullable Integer turn, Known end, int next) {
    BrokenPromise.unless(
        !lineage.exists(session), "%s exists, and was made again out of a file", session);
    begun(session, end, next);
    lineage.imported(session, turn, end);
  }

  private void begun(String session, Known as, int next) {
    BrokenPromise.unless(
        next >= session(session).nextTurn(),
        "turn numbers are never reused: %s at %d",
        session,
        next);
    sessions.put(session, new Known(as.ids(), next, as.weights()));
  }

  /** The plan of a turn that begins where the session stands. */
  Plan plan(TurnLog turn, RawRecord raw, int weightsOfOwner) {
    Request request = decoded(raw);
    boolean fresh = before(turn, request, weightsOfOwner).tokensRead() == 0;
    String text =
        request.getMessagesCount() == 0
            ? request.getPrompt()
            : (fresh ? "" : "|")
                + request.getMessagesList().stream()
                    .map(ChatMessage::getContent)
                    .collect(Collectors.joining("|"));
    int[] prompt = ToyModel.served(0).models().getFirst().tokenizer().encode(text);
    long seed =
        request.hasSeed()
            ? request.getSeed()
            : CounterRandom.seed(turn.session(), turn.requestId());
    int maxTokens = request.getKind() == Kind.KIND_EXTEND ? 0 : request.getMaxTokens();
    return new Plan(request, prompt, seed, maxTokens);
  }

  static Request decoded(RawRecord raw) {
    try {
      return RequestCodec.decode(
              Objects.requireNonNull(raw.value()), raw.headers().get(Wire.CONTENT_TYPE))
          .request();
    } catch (BadRecordException e) {
      throw new BrokenPromise("an unreadable record became a turn: " + e.getMessage());
    }
  }

  /** A turn has ended in the committed log: is it what it must be? */
  void ended(TurnLog turn, RawRecord raw, End end, Ender ender) {
    Request request = decoded(raw);
    boolean isNotFound = end.getError().getCode().equals("turn_not_found");
    if (isNotFound || (ender.isRefused() && isLeftBehind(turn, request))) {
      Known now = session(turn.session());
      keep(turn, null, new Known(now.ids(), turn.number() + 1, now.weights()), false);
      return;
    }
    Known before = before(turn, request);
    BrokenPromise.unless(
        turn.number() >= before.nextTurn(),
        "turn numbers are never reused: %s ended after turn %d",
        turn,
        before.nextTurn() - 1);
    String reason = end.getFinishReason();
    boolean isDecided = reason.equals("cancelled") || reason.equals("deadline");
    boolean failed = reason.equals("error") || reason.equals("quarantined");
    Integer alone = ender.drewAlone();
    // What was read before a refused turn may have been read anew by others.
    if (alone != null && !(ender.isRefused() && weights.areForeign(before, alone))) {
      checkDrawn(turn, raw, before, alone);
    }
    if (failed || ender.isRefused()) {
      Known stood = stood(turn, before, ender.closer());
      Known kept = new Known(stood.ids(), turn.number() + 1, stood.weights());
      keep(turn, from(turn, request, before, stood), kept, false);
      return;
    }
    BrokenPromise.unless(
        !weights.areForeign(before, ender.weights()),
        "%s was run by weights %d, its session is of %d",
        turn,
        ender.weights(),
        before.weights());
    Known met = before(turn, request, ender.weights());
    Plan plan = plan(turn, raw, ender.weights());
    int limit = isDecided ? turn.tokens().size() : plan.maxTokens();
    Ran ran = run(met, turn, plan, limit, turn.tokens());
    String natural = ran.end().reason().name().toLowerCase(java.util.Locale.ROOT);
    BrokenPromise.unless(
        ran.tokens().size() == turn.tokens().size() && (isDecided || natural.equals(reason)),
        "%s ended by %s after %d tokens, but it goes to %d and ends by %s",
        turn,
        reason,
        turn.tokens().size(),
        ran.tokens().size(),
        natural);
    BrokenPromise.unless(
        ran.text().equals(turn.text() + end.getText()),
        "the text of %s is '%s', not '%s'",
        turn,
        ran.text(),
        turn.text() + end.getText());
    Known after = met.after(plan.prompt(), ran.end().kept(), turn.number() + 1);
    keep(turn, from(turn, request, before, met), after, true);
  }

  /** These weights drew the turn from there on. */
  private void checkDrawn(TurnLog turn, RawRecord raw, Known before, int by) {
    if (anyArithmetic || turn.tokens().isEmpty()) {
      return;
    }
    Known met =
        weights.areBound()
            ? new Known(before.ids(), before.nextTurn(), by)
            : weights.met(before, by);
    List<Integer> natural =
        run(met, turn, plan(turn, raw, by), turn.tokens().size(), List.of()).tokens();
    BrokenPromise.unless(
        natural.equals(turn.tokens()),
        "same tokens, always: %s must draw %s and drew %s",
        turn,
        natural,
        turn.tokens());
  }

  /** Where a turn leaves its session that was not run to its end. */
  private Known stood(TurnLog turn, Known before, @Nullable Integer closer) {
    Integer middle = weights.ofMiddle(turn.session() + "/" + turn.number());
    if (middle != null) {
      return weights.met(before, middle);
    }
    return closer == null ? session(turn.session()) : weights.met(before, closer);
  }

  /** The turn that one went on from, if its request named one and it did not begin anew. */
  private @Nullable Integer from(TurnLog turn, Request request, Known before, Known met) {
    if (before.beganAnew(met)) {
      lineage.beganAnew(turn.session(), turn.number());
      return null;
    }
    return request.hasParentTurn() ? Integer.valueOf(request.getParentTurn()) : null;
  }

  private void keep(TurnLog turn, @Nullable Integer from, Known after, boolean leavesTrace) {
    if (turn.session().startsWith("~")) {
      return;
    }
    sessions.put(turn.session(), after);
    lineage.ended(turn, from, after, leavesTrace);
  }

  private record Ran(List<Integer> tokens, String text, GenerationEnd end) {}

  private static Ran run(
      Known before, TurnLog turn, Plan plan, int maxTokens, List<Integer> drawn) {
    Generation generation =
        Generation.of(plan.prompt())
            .start(before.model().state())
            .drawn(drawn.stream().mapToInt(Integer::intValue).toArray())
            .seed(plan.seed())
            .turn(turn.number())
            .maxTokens(Math.max(maxTokens, drawn.size()))
            .stop(plan.request().getStopList())
            .ignoreEndOfText(plan.request().getIgnoreEndOfText())
            .keepState(true)
            .build();
    ToyRun run = new ToyRun(generation, ToyRun.Quirks.NONE);
    List<Integer> tokens = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    while (true) {
      switch (run.step()) {
        case ToyRun.Spoke spoke -> {
          tokens.add(spoke.token().token());
          text.append(spoke.token().text());
        }
        case ToyRun.Over over -> {
          return new Ran(tokens, text.append(over.end().text()).toString(), over.end());
        }
        default -> {}
      }
    }
  }

  /** The model after the first {@code read} ids of a turn's prompt and draws. */
  ToyModel middle(TurnLog turn, Plan plan, int read, int weightsOfOwner) {
    int[] prompt = plan.prompt();
    ToyModel model =
        before(turn, plan.request(), weightsOfOwner)
            .model()
            .readAll(Arrays.copyOf(prompt, Math.min(read, prompt.length)));
    for (int i = 0; i < read - prompt.length; i++) {
      model = model.read(turn.tokens().get(i));
    }
    return model;
  }
}
