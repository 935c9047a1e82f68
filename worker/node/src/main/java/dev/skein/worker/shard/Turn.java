package dev.skein.worker.shard;

import dev.skein.engine.Generation;
import dev.skein.proto.End;
import dev.skein.proto.Token;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One turn on its way through the engine. */
final class Turn {

  private final RequestRecord record;
  private final int number;
  private final TurnPlan plan;
  private final ServedModel model;
  private final @Nullable Witness witness;
  private @Nullable Generation generation;
  private long firstOffset;
  private int drawn;
  private @Nullable String endWish;
  private boolean cancelSent;

  Turn(
      RequestRecord record,
      int number,
      TurnPlan plan,
      ServedModel model,
      @Nullable Witness witness) {
    this.record = record;
    this.number = number;
    this.plan = plan;
    this.model = model;
    this.witness = witness;
    this.firstOffset = witness == null ? -1 : witness.firstOffset();
  }

  RequestRecord record() {
    return record;
  }

  int number() {
    return number;
  }

  TurnPlan plan() {
    return plan;
  }

  ServedModel model() {
    return model;
  }

  @Nullable Witness witness() {
    return witness;
  }

  /** How the turn ended according to the log, or null. */
  @Nullable End decided() {
    return witness == null ? null : witness.end();
  }

  /** When it must end, milliseconds since the epoch. */
  long deadlineMs() {
    long ms = Integer.toUnsignedLong(record.request().getDeadlineMs());
    return ms == 0 ? Long.MAX_VALUE : record.logTimeMs() + ms;
  }

  int attempt() {
    return witness == null ? 1 : witness.attempts() + 1;
  }

  /** Tokens that the log knows already: they are fed, and the turn may not end before them. */
  List<Token> witnessed() {
    return witness == null ? List.of() : witness.tokens();
  }

  int committedTokens() {
    return witness == null ? 0 : witness.committed();
  }

  /** How many tokens to draw at most: an end that is in the log binds. */
  int limit() {
    return witness != null && witness.end() != null ? witness.tokens().size() : plan.maxTokens();
  }

  /** Offset of the turn's oldest event, -1 as long as none is known. */
  long firstOffset() {
    return firstOffset;
  }

  void startedAt(long offset) {
    if (firstOffset < 0) {
      firstOffset = offset;
    }
  }

  void generation(Generation running) {
    generation = running;
  }

  Generation generation() {
    Generation current = generation;
    if (current == null) {
      throw new IllegalStateException("turn %d was not handed to the engine".formatted(number));
    }
    return current;
  }

  void drew() {
    drawn++;
  }

  /** The owner wants the turn to end, for this finish reason; the first wish stands. */
  void wishEnd(String finishReason) {
    if (endWish == null) {
      endWish = finishReason;
    }
  }

  @Nullable String endWish() {
    return endWish;
  }

  /** True once, when the engine must be asked to end: no token of the log may be cut off. */
  boolean takeCancel() {
    if (endWish == null || cancelSent || drawn < witnessed().size()) {
      return false;
    }
    cancelSent = true;
    return true;
  }
}
