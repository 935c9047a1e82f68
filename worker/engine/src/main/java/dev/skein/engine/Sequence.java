package dev.skein.engine;

import dev.skein.engine.prefix.PrefixRun;
import dev.skein.model.Batch;
import dev.skein.model.Batch.Outputs;
import dev.skein.model.StateSlab;
import dev.skein.model.sampling.CounterRandom;
import dev.skein.model.sampling.Logprobs;
import dev.skein.model.sampling.Sampler;
import dev.skein.model.sampling.SamplerWorkspace;
import dev.skein.model.sampling.TokenLogprob;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One running generation. It knows a list of tokens (the prompt, then what was drawn) and how many
 * of them its slot has read; a step feeds some of the rest. When all known tokens are fed, one more
 * is drawn.
 *
 * <p>Witness tokens are accounted before anything is computed, so that they are known tokens and
 * read like a prompt; only where probabilities must be reported beside them are they taken one at a
 * time.
 *
 * <p>The state of a session must not have read any part of a stop string, and whether a token was
 * part of one is known only later. So before a token is fed that may belong to a stop string, the
 * state is copied, and the copy is dropped when the text turns out to be harmless.
 */
final class Sequence {
  private static final int NONE = -1;

  final Generation request;
  final GenerationListener listener;
  final long order;
  private final Reply reply;
  private final List<Sampler> samplers;
  private final boolean guardsStops;
  private final ProbeRun probe;
  private @Nullable PrefixRun prefix;

  private int[] known;
  private int knownCount;
  private int fed;
  private int slot = NONE;
  private final SafeCopy safe; // the state from before a possible stop

  /** Position that the slot must reach before the end can be told, once the reply has ended. */
  private int target;

  private int picked;
  private int redrawn;
  private @Nullable Logprobs pickedLogprobs;
  private @Nullable String fault;
  private boolean cancelled;
  private final CaptureWish wish = new CaptureWish();
  private int reported;

  Sequence(
      Generation request,
      GenerationListener listener,
      long order,
      Reply reply,
      List<Sampler> samplers,
      int stateFloats) {
    this.request = request;
    this.listener = listener;
    this.order = order;
    this.reply = reply;
    this.samplers = samplers;
    this.guardsStops = request.keepState() && !request.stop().isEmpty();
    this.safe = new SafeCopy(stateFloats);
    this.probe = new ProbeRun(request.probe(), request.prompt());
    int[] unread = request.progress().unread();
    int given = request.prompt().length + unread.length;
    this.known = Arrays.copyOf(request.prompt(), given + 1 + request.drawn().length);
    System.arraycopy(unread, 0, known, request.prompt().length, unread.length);
    this.knownCount = given;
    this.target = request.keepState() ? knownCount : probe.end();
  }

  /** Uses what is known about the prompt's beginning; called before it begins. */
  Sequence knowing(@Nullable PrefixRun beginnings) {
    prefix = beginnings;
    return this;
  }

  // ---- slot

  /** Begins to run in a slot, which takes the start state; accounts the witness. */
  void begin(int slot, StateSlab slab) {
    this.slot = slot;
    SessionState start = request.start();
    if (start == null) {
      slab.initial(slot);
      fed = prefix == null ? 0 : prefix.begin(slot);
    } else {
      slab.load(slot, start.stored());
    }
    if (guardsStops && reply.sure() < reply.size()) {
      safe.want(place(reply.sure()));
    }
    accountWitness(request.witnessed() - (knownCount == 0 || request.trusted() ? 0 : 1));
    copyIfSafe(slab);
  }

  /** Where the drawn token of that index stands among the known ones. */
  private int place(int index) {
    return request.prompt().length + index - request.progress().base();
  }

  int slot() {
    return slot;
  }

  /** Accounts all tokens that an earlier run drew, as far as that needs no computing. */
  void accountWitness() {
    accountWitness(request.witnessed());
  }

  /** The last one may be left to be drawn again: one comparison a recovery, for one step. */
  private void accountWitness(int upTo) {
    if (request.logprobs() < 0) {
      while (reply.size() < upTo && fault == null) {
        account(forced(reply.size()), true, Float.NaN, List.of());
      }
    }
  }

  // ---- scheduling

  /** How many tokens the sequence would feed in the next step, given budget. */
  int wanted() {
    int limit = reply.end() == null ? knownCount : target;
    int end = probe.cut(fed, safe.cut(fed, limit));
    return (prefix == null ? end : prefix.cut(fed, end)) - fed;
  }

  /** Whether logits are wanted after each of the tokens that the next step feeds. */
  boolean probing() {
    return probe.covers(fed);
  }

  ProbeRun probe() {
    return probe;
  }

  /** How many known tokens the slot has read. */
  int fed() {
    return fed;
  }

  /**
   * Adds a row that feeds the next {@code count} tokens; returns how many of them were given, not
   * drawn now.
   */
  int addTo(Batch batch, int count) {
    Outputs last = drawsAfter(count) ? Outputs.LAST : Outputs.NONE;
    batch.add(slot, known, fed, count, probing() ? Outputs.ALL : last);
    int givenInAll = place(request.witnessed());
    return Math.min(fed + count, givenInAll) - Math.min(fed, givenInAll);
  }

  /** Whether a token is to be drawn once so many more are fed. */
  boolean drawsAfter(int count) {
    return reply.end() == null && fed + count == knownCount;
  }

  // ---- what a step does to it

  /** The slot has read {@code count} more tokens. */
  void advance(int count, StateSlab slab) {
    fed += count;
    if (prefix != null) {
      prefix.reached(fed, slot);
    }
    copyIfSafe(slab);
  }

  /**
   * Draws the next token, or takes it from the witness, given the logits after the known tokens.
   * Changes nothing but the draw itself, so sequences may do it at the same time.
   */
  void pick(MemorySegment logits, int part, SamplerWorkspace memory) {
    int index = reply.size();
    try {
      int drawn = samplers.get(part).draw(logits, uniform(index), reply.filter());
      picked = isForced(index) ? forced(index) : drawn;
      redrawn = drawn;
      pickedLogprobs =
          request.logprobs() < 0 ? null : Logprobs.of(logits, picked, request.logprobs(), memory);
    } catch (RuntimeException e) { // such as logits that are no numbers: the end of this one only
      fail(String.valueOf(e.getMessage()));
    }
  }

  private boolean isForced(int index) {
    return index < request.witnessed();
  }

  private int forced(int index) {
    return request.drawn()[index - request.progress().drawn()];
  }

  private double uniform(int index) {
    return CounterRandom.uniform(request.seed(), request.turn(), request.choice(), index);
  }

  /** Takes what was drawn as fact. */
  void take(StateSlab slab) {
    if (fault != null) {
      return;
    }
    boolean forced = isForced(reply.size());
    if (forced) {
      tell(() -> listener.onCompared(reply.size(), redrawn == picked));
    }
    Logprobs logprobs = pickedLogprobs;
    if (logprobs == null) {
      account(picked, forced, Float.NaN, List.of());
    } else {
      account(picked, forced, logprobs.chosen().logprob(), logprobs.top());
    }
    copyIfSafe(slab);
  }

  private void account(int token, boolean forced, float logprob, List<TokenLogprob> top) {
    int index = reply.size();
    samplers.getFirst().accept(token);
    String text;
    try {
      text = reply.take(token);
    } catch (IllegalStateException e) { // a token of the log that the constraint does not allow
      fail(String.valueOf(e.getMessage()));
      return;
    }
    if (knownCount == known.length) {
      known = Arrays.copyOf(known, 2 * knownCount);
    }
    known[knownCount++] = token;
    if (reply.end() != null && index + 1 < request.witnessed()) {
      fault = "the log holds tokens after index " + index + ", where the generation ends";
    } else if (reply.end() != null) {
      aimAtEnd();
    } else if (guardsStops) {
      guard(index);
    }
    report(new DrawnToken(index, token, text, forced, logprob, top));
  }

  /** Token {@code index} will be fed next: keeps a state from before it, if it may be a stop's. */
  private void guard(int index) {
    if (reply.sure() > index) {
      safe.forget();
    } else if (reply.sure() == index) {
      safe.want(place(index));
    } // else the tokens held back began earlier, and so did the copy that there is
  }

  private void copyIfSafe(StateSlab slab) {
    if (reply.end() == null) {
      safe.takeIfAt(fed, slot, slab);
    }
  }

  /** The reply has ended: chooses the last state that has read nothing but what is kept. */
  private void aimAtEnd() {
    int live = Math.max(0, reply.size() - 1);
    boolean liveFits = live <= reply.wholeKept();
    target = liveFits || safe.at() == SafeCopy.NONE ? place(live) : safe.at();
    if (liveFits) {
      safe.forget();
    }
  }

  private void report(DrawnToken token) {
    reported++;
    tell(() -> listener.onToken(token));
  }

  private void tell(Runnable word) {
    try {
      word.run();
    } catch (RuntimeException e) {
      fail("the listener failed: " + e);
    }
  }

  /** Tokens reported since the last call. */
  int takeReported() {
    int n = reported;
    reported = 0;
    return n;
  }

  // ---- in the middle

  /** Tells the listener the midpoint once so many more tokens are fed. */
  void captureAfter(Generation meant, int tokens) {
    if (isOf(meant)) {
      wish.after(fed, tokens);
    }
  }

  /** Whether the midpoint is wanted; a reply that has ended has no middle any more. */
  CaptureWish.Due captureDue() {
    boolean hasEnded = reply.end() != null && request.maxTokens() > 0;
    return hasEnded || fault != null ? CaptureWish.Due.NOT_YET : wish.due(fed);
  }

  void capture(StateSlab slab) {
    wish.fulfilled();
    Midpoint midpoint = midpoint(slab);
    tell(() -> listener.onMidpoint(midpoint));
  }

  private Midpoint midpoint(StateSlab slab) {
    boolean fromCopy = safe.isFrom(safe.at());
    int read = fromCopy ? safe.at() : fed;
    int[] unread = Arrays.copyOfRange(known, Math.max(read, request.prompt().length), knownCount);
    return new Midpoint(
        fromCopy ? safe.peek() : SessionState.of(slab, slot),
        read,
        reply.progress(unread, samplers.getFirst().penalties()));
  }

  // ---- the end

  /** Ends this generation with an error, at the next look of the step. */
  void fail(String sentence) {
    fault = fault == null ? sentence : fault;
  }

  /** Ends at the next token boundary, if this generation is meant: the object is the name. */
  void cancelIf(Generation meant) {
    cancelled |= isOf(meant);
  }

  @SuppressWarnings("ReferenceEquality")
  private boolean isOf(Generation meant) {
    return request == meant;
  }

  boolean cancelled() {
    return cancelled;
  }

  /** Why the generation can be ended now, or null while it must go on. */
  @Nullable FinishReason ending() {
    if (fault != null) {
      return FinishReason.ERROR;
    }
    FinishReason end = reply.end();
    if (end != null && fed >= probe.end()) {
      boolean there = !request.keepState() || fed == target || safe.isFrom(target);
      return there ? end : null;
    }
    // A turn never ends before a token that is in the log.
    return cancelled && reply.size() >= request.witnessed() ? FinishReason.CANCELLED : null;
  }

  /**
   * Tells the listener the end.
   *
   * @param slab holds the slot's state
   * @param zero the state of a session that has read nothing
   * @param note a sentence for an end that the engine chose; null otherwise
   */
  void end(FinishReason reason, StateSlab slab, SessionState zero, @Nullable String note) {
    int[] kept = reply.kept();
    int read = fed;
    SessionState state = null;
    if (request.keepState() && reason != FinishReason.ERROR) {
      boolean fromCopy = reason == FinishReason.STOP && safe.isFrom(target);
      read = fromCopy ? target : fed;
      state = fromCopy ? safe.give() : current(slab, zero);
    }
    int unread = state == null ? 0 : request.prompt().length + kept.length - read;
    listener.onEnd(
        new GenerationEnd(
            reason,
            reply.flush(),
            request.prompt().length,
            reply.size(),
            state,
            kept,
            unread,
            fault != null ? fault : note,
            prefix == null ? 0 : prefix.cachedTokens(),
            fault == null && fed >= probe.end() ? probe.findings() : null));
  }

  private SessionState current(StateSlab slab, SessionState zero) {
    if (slot == NONE) {
      SessionState start = request.start();
      return start == null ? zero : start;
    }
    return SessionState.of(slab, slot);
  }
}
