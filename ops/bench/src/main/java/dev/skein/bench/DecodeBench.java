package dev.skein.bench;

import dev.skein.engine.EngineStep;
import dev.skein.model.Rwkv;
import dev.skein.model.text.Tokenizer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tokens per second of sessions that all decode: the clock runs from where every session has drawn
 * its first token.
 */
public final class DecodeBench {
  private final Bench bench;

  /**
   * A bench of a loaded model; prompts of all sessions are read in one step, before the clock
   * starts.
   *
   * @param tokenizer makes the texts that serving makes; null if the model has none
   */
  public DecodeBench(Rwkv rwkv, @Nullable Tokenizer tokenizer, Workload workload) {
    if (workload.drawnTokens() < 2) {
      throw new IllegalArgumentException("a decode bench needs at least 2 tokens a session");
    }
    bench = new Bench(rwkv, tokenizer, workload, workload.sessions() * workload.promptTokens());
  }

  /** Warms up for some seconds, then measures. */
  public BenchReport run(String subject, int threads, int runs, int warmUpSeconds) {
    return bench.measure("decode", subject, threads, runs, warmUpSeconds, DecodeBench::timed);
  }

  /**
   * The digest of the same sessions run alone; equals {@link BenchReport#tokensSha256} if batching
   * is invisible.
   */
  public String digestAlone() {
    return bench.digestAlone();
  }

  private static Bench.Timing timed(EngineStep step, List<Recording> sessions) {
    while (sessions.stream().anyMatch(s -> s.size() == 0)) {
      step.run();
    }
    long before = drawn(sessions);
    long steps = 0;
    long from = System.nanoTime();
    while (!step.idle()) {
      step.run();
      steps++;
    }
    return new Bench.Timing(drawn(sessions) - before, steps, System.nanoTime() - from);
  }

  private static long drawn(List<Recording> sessions) {
    return sessions.stream().mapToLong(Recording::size).sum();
  }
}
