package dev.skein.bench;

import dev.skein.engine.EngineStep;
import dev.skein.engine.StepReport;
import dev.skein.model.Rwkv;
import dev.skein.model.text.Tokenizer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Prompt tokens per second: the clock runs until every session has read its prompt and drawn one
 * token.
 */
public final class PrefillBench {
  private final Bench bench;

  /**
   * A bench of a loaded model.
   *
   * @param tokenizer makes the texts that serving makes; null if the model has none
   * @param workload draws one token a session, so that there is a digest
   * @param tokensPerStep how many tokens of all prompts one step reads at most
   */
  public PrefillBench(
      Rwkv rwkv, @Nullable Tokenizer tokenizer, Workload workload, int tokensPerStep) {
    bench = new Bench(rwkv, tokenizer, workload, tokensPerStep);
  }

  /** Warms up for some seconds, then measures. */
  public BenchReport run(String subject, int threads, int runs, int warmUpSeconds) {
    return bench.measure("prefill", subject, threads, runs, warmUpSeconds, PrefillBench::timed);
  }

  /** The digest of the same sessions run alone. */
  public String digestAlone() {
    return bench.digestAlone();
  }

  private static Bench.Timing timed(EngineStep step, List<Recording> sessions) {
    long tokens = 0;
    long steps = 0;
    long from = System.nanoTime();
    while (!step.idle()) {
      StepReport report = step.run();
      tokens += report.promptTokens();
      steps++;
    }
    return new Bench.Timing(tokens, steps, System.nanoTime() - from);
  }
}
