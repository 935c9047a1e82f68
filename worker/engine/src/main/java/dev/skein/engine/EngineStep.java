package dev.skein.engine;

import dev.skein.engine.prefix.PrefixCache;
import dev.skein.engine.prefix.PrefixCounts;
import dev.skein.engine.prefix.PrefixRun;
import dev.skein.model.Batch;
import dev.skein.model.Model;
import dev.skein.model.Rwkv;
import dev.skein.model.StateSlab;
import dev.skein.model.Workspace;
import dev.skein.model.text.TextAssembler;
import dev.skein.model.text.Tokenizer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The batch loop of one replica, one tick as one method: {@link #run} schedules, feeds, samples and
 * processes. The engine's thread, the bench and the simulation call the same method. No threads, no
 * clock, no input or output; one thread at a time may use it.
 */
public final class EngineStep implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(EngineStep.class.getName());

  private final Rwkv rwkv;
  private final @Nullable Tokenizer tokenizer;
  private final int endOfText;
  private final Scheduler scheduler;
  private final StateSlab slab;
  private final PrefixCache prefixes;
  private final Workspace workspace;
  private final Batch batch = new Batch();
  private final Drawing drawing;
  private final Probing probing;
  private final Drawing.Consequence taken;
  private final SessionState zero;
  private long submitted;
  private int drawn;
  private int ended;

  /** The step of a model. */
  public EngineStep(Model model, EngineOptions options) {
    this(model.rwkv(), model.tokenizerOrNull(), model.endOfText(), options);
  }

  /**
   * The step of bare weights.
   *
   * @param tokenizer null if there is none: then texts are empty and stop strings are refused
   * @param endOfText the token id that ends a generation; negative if there is none
   */
  public EngineStep(
      Rwkv rwkv, @Nullable Tokenizer tokenizer, int endOfText, EngineOptions options) {
    this.rwkv = rwkv;
    this.tokenizer = tokenizer;
    this.endOfText = endOfText;
    this.scheduler = new Scheduler(options);
    this.slab = new StateSlab(rwkv.stateLayout(), options.slots());
    this.prefixes = new PrefixCache(slab, options.prefixes());
    this.workspace =
        rwkv.newWorkspace(options.tokensPerStep(), options.slots() + Scheduler.PROBED_TOKENS);
    this.drawing = new Drawing(rwkv.workers(), rwkv.config().vocabulary());
    this.probing = new Probing(rwkv.workers());
    this.taken = s -> s.take(slab);
    this.zero = SessionState.of(rwkv.stateLayout().initial());
  }

  /**
   * Takes a generation into the queue.
   *
   * @throws EngineFullException if the queue is full
   * @throws IllegalArgumentException if the generation does not fit the model; the message says why
   */
  public void submit(Generation generation, GenerationListener listener)
      throws EngineFullException {
    check(generation);
    Reply reply = new Reply(generation, tokenizer, endOfText);
    Sequence sequence =
        new Sequence(
            generation,
            listener,
            submitted++,
            reply,
            drawing.samplersFor(generation, tokenizer),
            zero.floats());
    scheduler.enqueue(sequence.knowing(prefix(generation)));
  }

  /** Only what reads from the very beginning, and asks nothing about its prompt, can skip some. */
  private @Nullable PrefixRun prefix(Generation g) {
    boolean skips = g.start() == null && g.progress().drawn() == 0 && g.probe().equals(Probe.NONE);
    return skips && !g.noCache() ? prefixes.run(g.tenant(), g.prompt()) : null;
  }

  /** What the prefix cache did so far. */
  public PrefixCounts prefixes() {
    return prefixes.counts();
  }

  PrefixCache prefixCache() {
    return prefixes;
  }

  /** Refuses what would fail later; any thread. */
  void check(Generation g) {
    int vocabulary = rwkv.config().vocabulary();
    checkIds("prompt", g.prompt(), vocabulary);
    checkIds("drawn", g.drawn(), vocabulary);
    checkIds("unread", g.progress().unread(), vocabulary);
    checkIds("penalty tokens", g.progress().penaltyTokens(), vocabulary);
    if (tokenizer == null && !(g.stop().isEmpty() && g.guidance() == null)) {
      throw new IllegalArgumentException(
          "stop strings and constraints need a tokenizer, and the model has none");
    }
    Reply.guide(g, endOfText); // refuses a progress of another grammar
    // Refuses too many and too long ones, and bytes that complete one.
    TextAssembler.holding(g.stop(), g.progress().held());
    SessionState start = g.start();
    if (start != null && start.floats() != zero.floats()) {
      throw new IllegalArgumentException(
          "a state of this model has %d floats, not %d".formatted(zero.floats(), start.floats()));
    }
  }

  private static void checkIds(String field, int[] ids, int vocabulary) {
    for (int id : ids) {
      if (id < 0 || id >= vocabulary) {
        throw new IllegalArgumentException(
            "%s: token %d is not in the vocabulary of %d tokens".formatted(field, id, vocabulary));
      }
    }
  }

  /** Ends a generation at its next token boundary; one that is not here is not here any more. */
  public void cancel(Generation generation) {
    scheduler.waiting().forEach(s -> s.cancelIf(generation));
    scheduler.running().forEach(s -> s.cancelIf(generation));
  }

  /**
   * Tells a generation's listener its {@link Midpoint} once it has fed so many more tokens, or some
   * steps later if many are due; 0 means at the end of the next step. Asked again before that, the
   * newer word counts. A generation that ends first tells nothing.
   */
  public void capture(Generation generation, int afterTokens) {
    scheduler.waiting().forEach(s -> s.captureAfter(generation, afterTokens));
    scheduler.running().forEach(s -> s.captureAfter(generation, afterTokens));
  }

  /** Whether {@link #run} would have nothing to do. */
  public boolean idle() {
    return scheduler.running().isEmpty() && scheduler.waiting().isEmpty();
  }

  /** Generations that wait for a slot. */
  public int waiting() {
    return scheduler.waiting().size();
  }

  /** Generations that hold a slot. */
  public int running() {
    return scheduler.running().size();
  }

  /** One tick. */
  public StepReport run() {
    drawn = 0;
    ended = 0;
    int given = schedule();
    int rows = batch.rows();
    int tokens = batch.tokens();
    if (rows > 0) {
      rwkv.forward(batch, slab, workspace);
      sample();
      endReady();
    }
    Captures.take(scheduler.running(), slab);
    for (Sequence s : scheduler.running()) {
      drawn += s.takeReported();
    }
    return new StepReport(rows, tokens, given, drawn, ended, running(), waiting());
  }

  /**
   * Ends and admits, then makes one row of every running sequence; returns how many tokens were
   * given, not drawn.
   */
  private int schedule() {
    endCancelledWaiting();
    do {
      for (Sequence s = scheduler.admit(); s != null; s = scheduler.admit()) {
        s.begin(scheduler.takeSlot(), slab);
      }
    } while (endReady() && waiting() > 0);
    batch.clear();
    int[] shares = scheduler.shares();
    int given = 0;
    for (int i = 0; i < running(); i++) {
      given += scheduler.running().get(i).addTo(batch, shares[i]);
    }
    return given;
  }

  /** Row {@code i} of the batch is running sequence {@code i}. */
  private void sample() {
    int[] shares = scheduler.lastShares();
    for (int i = 0; i < running(); i++) {
      Sequence s = scheduler.running().get(i);
      if (s.probing()) {
        probing.add(s, i, shares[i], workspace);
      }
      s.advance(shares[i], slab);
      if (s.drawsAfter(0)) {
        drawing.add(s, workspace.logits(i));
      }
    }
    probing.run();
    drawing.run(taken);
  }

  private void endCancelledWaiting() {
    for (Sequence s : List.copyOf(scheduler.waiting())) {
      if (s.cancelled()) {
        s.accountWitness();
        endIfReady(s);
      }
    }
  }

  private boolean endReady() {
    boolean any = false;
    for (Sequence s : List.copyOf(scheduler.running())) {
      any |= endIfReady(s);
    }
    return any;
  }

  private boolean endIfReady(Sequence s) {
    FinishReason reason = s.ending();
    if (reason != null) {
      end(s, reason, null);
    }
    return reason != null;
  }

  private void end(Sequence s, FinishReason reason, @Nullable String note) {
    try {
      s.end(reason, slab, zero, note);
    } catch (RuntimeException e) { // the sequence is over either way; nobody is left to be told
      LOG.log(System.Logger.Level.ERROR, "a listener failed at the end of its generation: " + e);
    }
    drawn += s.takeReported();
    ended++;
    scheduler.remove(s);
  }

  /**
   * Ends every generation at once.
   *
   * @param reason {@link FinishReason#CANCELLED} keeps their states, {@link FinishReason#ERROR}
   *     does not
   * @param note a sentence for their listeners
   */
  public void endAll(FinishReason reason, String note) {
    for (Sequence s : List.copyOf(scheduler.running())) {
      end(s, reason, note);
    }
    for (Sequence s : List.copyOf(scheduler.waiting())) {
      end(s, reason, note);
    }
  }

  /** Frees states and workspace; the generations must have been ended. */
  @Override
  public void close() {
    workspace.close();
    prefixes.close();
    slab.close();
  }
}
