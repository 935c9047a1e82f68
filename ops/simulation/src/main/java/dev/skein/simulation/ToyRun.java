package dev.skein.simulation;

import dev.skein.engine.DrawnToken;
import dev.skein.engine.FinishReason;
import dev.skein.engine.Generation;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.Midpoint;
import dev.skein.engine.Progress;
import dev.skein.model.sampling.PenaltyTable;
import dev.skein.model.text.TextAssembler;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One generation on the toy model, a small step at a time, with the promises of the engine: witness
 * tokens are facts, a turn does not end before the last of them, the state of the end has read
 * nothing of a stop string, and a midpoint holds everything.
 */
final class ToyRun {

  private static final int READ_AT_ONCE = 9;

  /** What a step brought. */
  sealed interface Said {}

  /** A token. */
  record Spoke(DrawnToken token) implements Said {}

  /** A token of the witness that would have been drawn again, or not. */
  record Agreed(boolean agrees) implements Said {}

  /** The middle that was asked for. */
  record Middle(Midpoint midpoint) implements Said {}

  /** The end; nothing follows. */
  record Over(GenerationEnd end) implements Said {}

  /** Some ids were read. */
  record Read() implements Said {}

  /** How a run may be spoilt. */
  record Quirks(int weights, int arithmetic, long seedShift, boolean endsBelowWitness) {
    static final Quirks NONE = new Quirks(0, 0, 0, false);
  }

  private final Generation generation;
  private final Quirks quirks;
  private final TextAssembler text;
  private final PenaltyTable penalties;
  private final List<Integer> known = new ArrayList<>();
  private final List<ToyModel> states = new ArrayList<>();
  private final List<Said> toSay = new ArrayList<>();
  private final int base;
  private int drawn;
  private @Nullable FinishReason reason;
  private int keptKnown;
  private boolean cancelled;
  private long captureAt = Long.MAX_VALUE;

  ToyRun(Generation generation, Quirks quirks) {
    this.generation = generation;
    this.quirks = quirks;
    Progress progress = generation.progress();
    this.text = TextAssembler.holding(generation.stop(), progress.held());
    this.penalties = PenaltyTable.restore(progress.penaltyTokens(), progress.penaltyCounts());
    this.drawn = progress.drawn();
    this.base = drawn - progress.unread().length;
    states.add(ToyModel.of(generation.start(), quirks.weights()));
    for (int id : generation.prompt()) {
      known.add(id);
    }
    for (int id : progress.unread()) {
      known.add(id);
    }
    if (drawn == generation.maxTokens()) {
      finish(FinishReason.LENGTH, known.size());
    }
  }

  /** Number of tokens drawn in the turn so far. */
  int drawn() {
    return drawn;
  }

  void cancel() {
    cancelled = true;
  }

  void capture(int afterTokens) {
    captureAt = fed() + (long) afterTokens;
  }

  private int fed() {
    return states.size() - 1;
  }

  private int forcedEnd() {
    return generation.progress().drawn() + generation.drawn().length;
  }

  /** One small step; {@link Over} comes once, last. */
  Said step() {
    if (!toSay.isEmpty()) {
      return toSay.removeFirst();
    }
    boolean mayEnd = drawn >= forcedEnd() || quirks.endsBelowWitness();
    if (cancelled && mayEnd && reason == null) {
      finish(FinishReason.CANCELLED, known.size());
    }
    boolean hasMiddle = reason == null || generation.maxTokens() == 0;
    if (captureAt <= fed() && hasMiddle && !cancelled && fed() < known.size()) {
      captureAt = Long.MAX_VALUE;
      return new Middle(midpoint());
    }
    if (reason != null && (fed() >= readable() || reason == FinishReason.CANCELLED)) {
      return new Over(end());
    }
    boolean isOfWitness = drawn < forcedEnd() - 1 && generation.maxTokens() > 0;
    if (!isOfWitness && fed() < readable()) {
      readSome();
      return new Read();
    }
    return speak();
  }

  /** Ids that may be read: what was drawn last is read when the next is wanted. */
  private int readable() {
    return reason == null ? known.size() : Math.min(keptKnown, known.size() - (drawn > 0 ? 1 : 0));
  }

  private void readSome() {
    int to = Math.min(readable(), fed() + READ_AT_ONCE);
    while (fed() < to) {
      states.add(states.getLast().read(known.get(fed())));
    }
  }

  private Said speak() {
    int index = drawn;
    boolean forced = index < forcedEnd();
    int token = forced ? generation.drawn()[index - generation.progress().drawn()] : -1;
    if (!forced || index == forcedEnd() - 1) {
      int here = draw(index);
      if (forced) {
        toSay.add(new Agreed(here == token));
      }
      token = forced ? token : here;
    }
    drawn++;
    known.add(token);
    penalties.add(token, ToyModel.PENALTY_DECAY, false);
    String shown = "";
    if (token == ToyModel.END_OF_TEXT) {
      finish(FinishReason.STOP, known.size() - 1);
    } else {
      shown = text.push(new byte[] {(byte) token});
      if (text.stopped()) {
        finish(FinishReason.STOP, known.size() - stopLength());
      } else if (drawn == generation.maxTokens()) {
        finish(FinishReason.LENGTH, known.size());
      }
    }
    return new Spoke(new DrawnToken(index, token, shown, forced, 0, List.of()));
  }

  private int draw(int index) {
    return states
        .getLast()
        .draw(
            penalties,
            generation.seed() + quirks.seedShift(),
            generation.turn(),
            index,
            quirks.arithmetic());
  }

  /** A token is a byte, so what the assembler pushed after the stop's begin is the stop. */
  private int stopLength() {
    long pushedHere = (long) drawn - base;
    long origin =
        (long) generation.progress().held().length - generation.progress().unread().length;
    return (int) (origin + pushedHere - text.stopAt());
  }

  private void finish(FinishReason why, int kept) {
    reason = why;
    keptKnown = kept;
  }

  private Midpoint midpoint() {
    int prompt = generation.prompt().length;
    int held = generation.stop().isEmpty() ? 0 : text.held().length;
    int read = Math.min(fed(), known.size() - held);
    int[] unread = ids(Math.max(read, prompt), known.size());
    return new Midpoint(
        states.get(read).state(),
        read,
        new Progress(drawn, unread, penalties.tokens(), penalties.counts(), text.held()));
  }

  private GenerationEnd end() {
    FinishReason why = reason == null ? FinishReason.ERROR : reason;
    int prompt = generation.prompt().length;
    int read = Math.min(fed(), keptKnown);
    return new GenerationEnd(
        why,
        text.stopped() ? "" : text.flush(),
        prompt,
        drawn,
        generation.keepState() ? states.get(read).state() : null,
        ids(prompt, Math.max(prompt, keptKnown)),
        keptKnown - read,
        null);
  }

  private int[] ids(int from, int to) {
    return known.subList(from, to).stream().mapToInt(Integer::intValue).toArray();
  }

  @Override
  public String toString() {
    return "drawn=%d known=%s".formatted(drawn, Arrays.toString(ids(0, known.size())));
  }
}
