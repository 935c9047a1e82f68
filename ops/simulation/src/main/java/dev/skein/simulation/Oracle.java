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

/**
 * What each session must be, worked out from the committed log alone, turn by turn, by the plain
 * rule: the tokens of a turn are a function of the state before it and its request.
 */
final class Oracle {

  /** A session after some turns. */
  record Known(ToyModel model, long tokensRead, int nextTurn) {
    static final Known NEW = new Known(ToyModel.NOTHING_READ, 0, 0);
  }

  /** What a turn reads and how it would be drawn. */
  record Plan(Request request, int[] prompt, long seed, int maxTokens) {}

  private final boolean anyArithmetic;
  private final Map<String, Known> sessions = new HashMap<>();

  /**
   * @param anyArithmetic the arithmetic may change in the middle of a turn: then the tokens of the
   *     log are facts, and only what follows from them is checked
   */
  Oracle(boolean anyArithmetic) {
    this.anyArithmetic = anyArithmetic;
  }

  Known session(String id) {
    return sessions.getOrDefault(id, Known.NEW);
  }

  /** The plan of a turn that begins where the session stands. */
  Plan plan(TurnLog turn, RawRecord raw) {
    Request request = decoded(raw);
    boolean fresh = session(turn.session()).tokensRead() == 0;
    String text =
        request.getMessagesCount() == 0
            ? request.getPrompt()
            : (fresh ? "" : "|")
                + request.getMessagesList().stream()
                    .map(ChatMessage::getContent)
                    .collect(Collectors.joining("|"));
    int[] prompt = ToyModel.served().models().getFirst().tokenizer().encode(text);
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
  void ended(TurnLog turn, RawRecord raw, End end) {
    Known before = session(turn.session());
    BrokenPromise.unless(
        turn.number() >= before.nextTurn(),
        "turn numbers are never reused: %s ended after turn %d",
        turn,
        before.nextTurn() - 1);
    String reason = end.getFinishReason();
    Plan plan = plan(turn, raw);
    boolean isDecided = reason.equals("cancelled") || reason.equals("deadline");
    boolean failed = reason.equals("error") || reason.equals("quarantined");
    if (!anyArithmetic && !turn.tokens().isEmpty()) {
      List<Integer> natural = run(before, turn, plan, turn.tokens().size(), List.of()).tokens();
      BrokenPromise.unless(
          natural.equals(turn.tokens()),
          "same tokens, always: %s must draw %s and drew %s",
          turn,
          natural,
          turn.tokens());
    }
    if (failed) {
      keep(turn, new Known(before.model(), before.tokensRead(), turn.number() + 1));
      return;
    }
    int limit = isDecided ? turn.tokens().size() : plan.maxTokens();
    Ran ran = run(before, turn, plan, limit, turn.tokens());
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
    int[] kept = ran.end().kept();
    long read = before.tokensRead() + plan.prompt().length + kept.length;
    ToyModel after = before.model().readAll(plan.prompt()).readAll(kept);
    keep(turn, new Known(after, read, turn.number() + 1));
  }

  private void keep(TurnLog turn, Known after) {
    if (!turn.session().startsWith("~")) {
      sessions.put(turn.session(), after);
    }
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
  ToyModel middle(TurnLog turn, Plan plan, int read) {
    int[] prompt = plan.prompt();
    ToyModel model =
        session(turn.session())
            .model()
            .readAll(Arrays.copyOf(prompt, Math.min(read, prompt.length)));
    for (int i = 0; i < read - prompt.length; i++) {
      model = model.read(turn.tokens().get(i));
    }
    return model;
  }
}
