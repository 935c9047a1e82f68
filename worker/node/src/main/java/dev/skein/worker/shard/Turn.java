package dev.skein.worker.shard;

import com.google.protobuf.ByteString;
import dev.skein.engine.Generation;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.Progress;
import dev.skein.proto.End;
import dev.skein.proto.Slot;
import dev.skein.proto.Token;
import dev.skein.worker.recovery.Witness;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One turn on its way through the engine. */
final class Turn {

  private final Begun begun;
  private final TurnPlan plan;
  private final boolean fresh;
  private final ByteString chain;
  private final ServedModel model;
  private final @Nullable Witness witness;
  private @Nullable MidTurn resume;
  private @Nullable Slot mid;
  private int midRead;
  private @Nullable TurnIds ids;
  private @Nullable Generation generation;
  private @Nullable Branches branches;
  private int origin;
  private long firstOffset;
  private boolean isEstimate;
  private int drawn;
  private int[] drawnIds = new int[16];
  private int drawnCount;
  private @Nullable String endWish;
  private boolean cancelSent;

  /**
   * @param fresh the session had read nothing before
   * @param chain hash chain over what it had read
   */
  Turn(Begun begun, TurnPlan plan, boolean fresh, byte[] chain, ServedModel model) {
    this.begun = begun;
    this.plan = plan;
    this.fresh = fresh;
    this.chain = ByteString.copyFrom(chain);
    this.model = model;
    this.witness = begun.witness();
    this.firstOffset = witness == null ? -1 : witness.firstOffset();
  }

  /** What the log tells of it. */
  Begun begun() {
    return begun;
  }

  RequestRecord record() {
    return begun.record();
  }

  int number() {
    return begun.number();
  }

  TurnPlan plan() {
    return plan;
  }

  boolean fresh() {
    return fresh;
  }

  /** Hash chain over what the session had read before. */
  ByteString chain() {
    return chain;
  }

  ServedModel model() {
    return model;
  }

  /** How the turn ended according to the log, or null. */
  @Nullable End decided() {
    return begun.decided();
  }

  /** When it must end, milliseconds since the epoch. */
  long deadlineMs() {
    long ms = Integer.toUnsignedLong(record().request().getDeadlineMs());
    return ms == 0 ? Long.MAX_VALUE : record().logTimeMs() + ms;
  }

  /** What was shown of it was shown by an owner that gave it away, and not by one that failed. */
  boolean isTrusted() {
    return witness != null && witness.released() && witness.end() == null;
  }

  /** How often in a row it failed to get further. */
  int failed() {
    return witness == null ? 0 : witness.failed();
  }

  /** Tokens that the log knows already: they are fed, and the turn may not end before them. */
  List<Token> witnessed() {
    return witness == null ? List.of() : witness.tokensFrom(progress().drawn());
  }

  /** How many tokens to draw at most: an end that is in the log binds. */
  int limit() {
    return witness == null || witness.end() == null
        ? plan.maxTokens()
        : Math.max(progress().drawn(), witness.size());
  }

  /** Offset from which on the log must be read to know the turn, -1 as long as none is known. */
  long firstOffset() {
    return firstOffset;
  }

  /** Its started event will lie at or above this offset: a commit may come before its answer. */
  void startsAbove(long offset) {
    isEstimate = firstOffset < 0;
    if (isEstimate) {
      firstOffset = offset;
    }
  }

  void startedAt(long offset) {
    if (isEstimate) {
      firstOffset = offset;
    }
    if (begun.beganAt() < 0 && mid == null) {
      begun.beganAt(firstOffset);
    }
  }

  // ---- the middle

  /** Goes on from a snapshot in the middle; everything drawn before it was committed with it. */
  void resumeFrom(MidTurn from) {
    resume = from;
    drawnIds = Arrays.copyOf(from.drawnIds(), Math.max(16, from.drawnIds().length));
    drawnCount = from.drawnIds().length;
  }

  /** The first so many ids that the turn drew, over all its owners. */
  int[] drawnIds(int count) {
    return Arrays.copyOf(drawnIds, Math.min(count, drawnCount));
  }

  /** The ids that the turn drew and its session keeps. */
  int[] keptIds(GenerationEnd end) {
    int known = resume == null ? 0 : progress().drawn() - progress().unread().length;
    return drawnIds(known + end.kept().length);
  }

  /** Where it goes on from, or null if it runs from its start. */
  @Nullable MidTurn resume() {
    return resume;
  }

  private Progress progress() {
    MidTurn from = resume;
    return from == null ? Progress.NONE : from.progress();
  }

  /** The newest stored snapshot of the turn's middle, or null. */
  @Nullable Slot mid() {
    return mid;
  }

  /** How many ids of prompt and draws that snapshot has read. */
  int midRead() {
    return midRead;
  }

  /**
   * The middle is stored: what was drawn before it needs no witness any more.
   *
   * @param tokensFrom an offset of the log at or below every later event of the turn
   */
  void storedMid(Slot slot, int read, long tokensFrom) {
    mid = slot;
    midRead = read;
    begun.shown(slot.getPosition().getIndex());
    firstOffset = tokensFrom;
  }

  /** The snapshot is lost; the turn runs from its start, and shows again nothing that was shown. */
  void forgetMid() {
    mid = null;
    midRead = 0;
  }

  /** Place in the turn of a count of ids of the running generation. */
  int position(int readOfGeneration) {
    return origin + readOfGeneration;
  }

  TurnIds ids() {
    TurnIds known = ids;
    if (known == null) {
      throw notRunning();
    }
    return known;
  }

  /** The ids of the turn that a generation leaves in its session, from {@link #firstId} on. */
  int[] ids(GenerationEnd end) {
    int[] all = allIds(end);
    return Arrays.copyOfRange(all, Math.max(0, -origin), all.length);
  }

  /** Everything that the generation knew and the session keeps. */
  int[] allIds(GenerationEnd end) {
    int[] prompt = generation().prompt();
    int[] all = Arrays.copyOf(prompt, prompt.length + end.kept().length);
    System.arraycopy(end.kept(), 0, all, prompt.length, end.kept().length);
    return all;
  }

  /** Place in the turn of the first id of {@link #ids(GenerationEnd)}. */
  int firstId() {
    return Math.max(0, origin);
  }

  // ---- running

  /**
   * Begins to run.
   *
   * @param from place in the turn where the generation begins to read; negative if it reads ids of
   *     earlier turns first
   */
  void runs(Generation running, int from, TurnIds known) {
    generation = running;
    branches = new Branches(running, begun.witnesses());
    origin = from;
    ids = known;
  }

  boolean isRunning() {
    return generation != null;
  }

  /** What the engine runs for it. */
  Branches branches() {
    Branches current = branches;
    if (current == null) {
      throw notRunning();
    }
    return current;
  }

  /** The engine had no room for a choice. */
  void refused(int choice) {
    branches().refused(choice);
    cancelSent = false;
  }

  /** Several choices go on from one prompt; such a turn is not stored in its middle. */
  boolean isForked() {
    return begun.choices() > 1;
  }

  Generation generation() {
    Generation current = generation;
    if (current == null) {
      throw notRunning();
    }
    return current;
  }

  private IllegalStateException notRunning() {
    return new IllegalStateException("turn %d was not handed to the engine".formatted(number()));
  }

  void drew(int token) {
    drawn++;
    if (drawnCount == drawnIds.length) {
      drawnIds = Arrays.copyOf(drawnIds, 2 * drawnCount);
    }
    drawnIds[drawnCount++] = token;
    ids().drew(token);
  }

  /** Tokens drawn by this owner that no earlier one had shown. */
  int newTokens() {
    return Math.max(0, drawn - witnessed().size());
  }

  /** How many ids it has read or drawn since its middle was stored. */
  int sinceMid() {
    return position(generation().prompt().length) + drawn - midRead;
  }

  /** All tokens of the log were fed. */
  boolean isBeyondWitness() {
    return drawn >= witnessed().size();
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
    if (endWish == null || cancelSent || !isBeyondWitness() || branches().isBefore()) {
      return false;
    }
    cancelSent = true;
    return true;
  }
}
