package dev.skein.bench;

import dev.skein.bench.machine.ProcessMemory;
import dev.skein.engine.EngineFullException;
import dev.skein.engine.EngineOptions;
import dev.skein.engine.EngineStep;
import dev.skein.engine.FinishReason;
import dev.skein.engine.Generation;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.SessionState;
import dev.skein.model.LoadProgress;
import dev.skein.model.Rwkv;
import dev.skein.model.sampling.CounterRandom;
import dev.skein.model.sampling.SamplingParameters;
import dev.skein.model.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Time per token and resident memory of one session after it has read more and more: one long
 * random text is read once, and where it reaches one of the given lengths its state is kept. Then
 * every kept state draws the same number of tokens, in turn and over again, so that a machine that
 * is busier for a while is busier for all of them.
 */
public final class LongContextBench {
  private static final int NO_END_OF_TEXT = -1;
  private static final int TOKENS_PER_STEP = 128;
  private static final int PIECE = 1 << 16;
  private static final int CONTEXT_MAX = 100_000_000;

  private final Rwkv rwkv;
  private final @Nullable Tokenizer tokenizer;
  private final Plan plan;

  /**
   * What is run.
   *
   * @param contexts how many tokens the session has read, at least 2 each
   * @param drawnTokens tokens drawn after each context in each run
   * @param runs measured rounds
   * @param warmUpSeconds rounds of as many seconds are made and forgotten first
   * @param seed of the text and of the draws
   */
  public record Plan(
      SortedSet<Integer> contexts, int drawnTokens, int runs, int warmUpSeconds, long seed) {
    /** Checks the numbers. */
    public Plan {
      contexts = new TreeSet<>(contexts);
      if (contexts.isEmpty() || contexts.first() < 2 || contexts.last() > CONTEXT_MAX) {
        throw new IllegalArgumentException(
            "contexts must be from 2 to %,d tokens".formatted(CONTEXT_MAX));
      }
      if (drawnTokens < 1 || runs < 1) {
        throw new IllegalArgumentException("tokens drawn and runs must be at least 1");
      }
    }
  }

  /** A bench of a loaded model; {@code tokenizer} makes the texts that serving makes. */
  public LongContextBench(Rwkv rwkv, @Nullable Tokenizer tokenizer, Plan plan) {
    this.rwkv = rwkv;
    this.tokenizer = tokenizer;
    this.plan = plan;
  }

  /** A context that was reached, and what was measured there. */
  private static final class Reached {
    final int context;
    final SessionState before;
    final int last;
    final double prefillPerSecond;
    final long residentBytes;
    final List<Double> millis = new ArrayList<>();
    int @Nullable [] drawn;

    Reached(int context, SessionState before, int last, double prefillPerSecond, long resident) {
      this.context = context;
      this.before = before;
      this.last = last;
      this.prefillPerSecond = prefillPerSecond;
      this.residentBytes = resident;
    }
  }

  /**
   * Reads and draws.
   *
   * @param progress is told of tokens read, of those of the longest context
   */
  public List<LongContextPoint> run(LoadProgress progress) {
    try (EngineStep step =
        new EngineStep(rwkv, tokenizer, NO_END_OF_TEXT, new EngineOptions(1, TOKENS_PER_STEP, 1))) {
      warmUp(step);
      List<Reached> all = read(step, progress);
      for (int run = 0; run < plan.runs; run++) {
        for (Reached reached : all) {
          draw(step, reached);
        }
      }
      return all.stream().map(this::point).toList();
    }
  }

  private LongContextPoint point(Reached reached) {
    int[] drawn = reached.drawn == null ? new int[0] : reached.drawn;
    return new LongContextPoint(
        reached.context,
        reached.prefillPerSecond,
        reached.millis,
        reached.residentBytes,
        Recording.digest(List.of(drawn)));
  }

  /** Both ways of using the kernels, from the model's initial state, until they are compiled. */
  private void warmUp(EngineStep step) {
    long began = System.nanoTime();
    do {
      SessionState state = feed(step, null, 0, 4 * TOKENS_PER_STEP);
      draw(step, new Reached(0, state, token(0), 0, 0));
    } while (System.nanoTime() - began < plan.warmUpSeconds * 1_000_000_000L);
  }

  private List<Reached> read(EngineStep step, LoadProgress progress) {
    List<Reached> all = new ArrayList<>();
    SessionState state = null;
    int read = 0;
    for (int context : plan.contexts) {
      int from = read;
      long began = System.nanoTime();
      while (read < context - 1) {
        int piece = Math.min(PIECE, context - 1 - read);
        state = feed(step, state, read, piece);
        read += piece;
        progress.loaded(read, plan.contexts.last());
      }
      if (state == null) {
        throw new IllegalStateException("nothing was read");
      }
      double perSecond = (read - from) * 1e9 / (System.nanoTime() - began);
      Reached reached =
          new Reached(context, state, token(read), perSecond, ProcessMemory.resident());
      all.add(reached);
    }
    return all;
  }

  private SessionState feed(EngineStep step, @Nullable SessionState start, int from, int count) {
    int[] ids = new int[count];
    for (int i = 0; i < count; i++) {
      ids[i] = token(from + i);
    }
    Recording recording = new Recording(1);
    run(step, Generation.of(ids).start(start).maxTokens(0).keepState(true).build(), recording);
    GenerationEnd end = recording.end();
    SessionState state = end.state();
    if (state == null) {
      throw new IllegalStateException("the session ended without a state: " + end.error());
    }
    return state;
  }

  private void draw(EngineStep step, Reached reached) {
    Generation generation =
        Generation.of(reached.last)
            .start(reached.before)
            .sampling(SamplingParameters.GREEDY.withTemperature(1).withTopP(0.9f))
            .seed(plan.seed)
            .maxTokens(plan.drawnTokens)
            .ignoreEndOfText(true)
            .build();
    Recording recording = new Recording(plan.drawnTokens);
    long began = System.nanoTime();
    run(step, generation, recording);
    reached.millis.add((System.nanoTime() - began) / 1e6 / plan.drawnTokens);
    int[] drawn = recording.tokens();
    if (reached.drawn != null && !Arrays.equals(reached.drawn, drawn)) {
      throw new IllegalStateException("two runs from the same state drew different tokens");
    }
    reached.drawn = drawn;
  }

  private static void run(EngineStep step, Generation generation, Recording recording) {
    try {
      step.submit(generation, recording);
    } catch (EngineFullException e) {
      throw new IllegalStateException("the queue holds the only session", e);
    }
    while (!recording.ended()) {
      step.run();
    }
    if (recording.end().reason() != FinishReason.LENGTH) {
      throw new IllegalStateException("the session ended early: " + recording.end().reason());
    }
  }

  /** Token number {@code i} of the text; never the end of text. */
  private int token(int i) {
    int vocabulary = rwkv.config().vocabulary();
    return 1 + (int) (CounterRandom.uniform(plan.seed, 0, 0, i) * (vocabulary - 1));
  }
}
