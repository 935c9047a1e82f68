package dev.skein.bench;

import dev.skein.engine.EngineFullException;
import dev.skein.engine.EngineOptions;
import dev.skein.engine.EngineStep;
import dev.skein.engine.Generation;
import dev.skein.model.Rwkv;
import dev.skein.model.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What decode and prefill have in common: the sessions of a workload on one {@link EngineStep}. */
final class Bench {
  /** Benches draw as many tokens as they were told. */
  private static final int NO_END_OF_TEXT = -1;

  private final Rwkv rwkv;
  private final @Nullable Tokenizer tokenizer;
  private final Workload workload;
  private final EngineOptions options;

  Bench(Rwkv rwkv, @Nullable Tokenizer tokenizer, Workload workload, int tokensPerStep) {
    this.rwkv = rwkv;
    this.tokenizer = tokenizer;
    this.workload = workload;
    this.options =
        new EngineOptions(
            workload.sessions(), Math.max(tokensPerStep, workload.sessions()), workload.sessions());
  }

  /** Times one run, given a step in which all sessions wait. */
  interface Timed {
    Timing run(EngineStep step, List<Recording> sessions);
  }

  /** What one run took: {@code tokens} in {@code steps}. */
  record Timing(long tokens, long steps, long nanos) {}

  /**
   * Runs the workload until it is warm, then some times more.
   *
   * @param warmUpSeconds at least one run is made before the measured ones, and more until so long
   *     has passed: the compiler needs some seconds of kernels
   */
  BenchReport measure(
      String bench, String subject, int threads, int runs, int warmUpSeconds, Timed timed) {
    List<Timing> timings = new ArrayList<>();
    String digest;
    int[] first;
    try (EngineStep step = new EngineStep(rwkv, tokenizer, NO_END_OF_TEXT, options)) {
      long began = System.nanoTime();
      List<Recording> warm = once(step, timed, timings);
      digest = digest(warm);
      first = warm.getFirst().tokens();
      while (System.nanoTime() - began < warmUpSeconds * 1_000_000_000L) {
        once(step, timed, timings);
      }
      timings.clear();
      for (int run = 0; run < runs; run++) {
        if (!digest(once(step, timed, timings)).equals(digest)) {
          throw new IllegalStateException("two runs of the same workload drew different tokens");
        }
      }
    }
    return new BenchReport(
        bench,
        subject,
        rwkv.quantization().title(),
        workload,
        threads,
        rwkv.backend(),
        timings.stream().map(t -> t.tokens() * 1e9 / t.nanos()).toList(),
        timings.stream().map(t -> t.steps() * 1e9 / t.nanos()).toList(),
        rwkv.bytesPerStep(),
        digest,
        session0(first));
  }

  private BenchReport.Session session0(int[] tokens) {
    Generation g = workload.generation(0, rwkv.config().vocabulary());
    return new BenchReport.Session(
        g.seed(), Arrays.stream(g.prompt()).boxed().toList(), Recording.digest(List.of(tokens)));
  }

  private List<Recording> once(EngineStep step, Timed timed, List<Timing> timings) {
    List<Recording> sessions = new ArrayList<>();
    for (int i = 0; i < workload.sessions(); i++) {
      sessions.add(submit(step, i));
    }
    timings.add(timed.run(step, sessions));
    return sessions;
  }

  private static String digest(List<Recording> sessions) {
    return Recording.digest(sessions.stream().map(Recording::tokens).toList());
  }

  private Recording submit(EngineStep step, int session) {
    Recording recording = new Recording(workload.drawnTokens());
    try {
      step.submit(workload.generation(session, rwkv.config().vocabulary()), recording);
    } catch (EngineFullException e) {
      throw new IllegalStateException("the queue holds all sessions", e);
    }
    return recording;
  }

  /** The digest of the same generations, each run alone, one after the other. */
  String digestAlone() {
    List<Recording> sessions = new ArrayList<>();
    EngineOptions alone = new EngineOptions(1, options.tokensPerStep(), 1);
    try (EngineStep step = new EngineStep(rwkv, tokenizer, NO_END_OF_TEXT, alone)) {
      for (int i = 0; i < workload.sessions(); i++) {
        Recording session = submit(step, i);
        while (!session.ended()) {
          step.run();
        }
        sessions.add(session);
      }
    }
    return digest(sessions);
  }
}
