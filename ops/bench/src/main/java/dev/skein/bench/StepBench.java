package dev.skein.bench;

import dev.skein.bench.machine.OtherWork;
import dev.skein.bench.machine.ProcessMemory;
import dev.skein.engine.EngineFullException;
import dev.skein.engine.EngineOptions;
import dev.skein.engine.EngineStep;
import dev.skein.engine.Generation;
import dev.skein.engine.StepReport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The sessions of a workload on one {@link EngineStep}, run again and again. A run is timed where
 * all decode ({@link #decode}: from where every session has drawn its first token), or while they
 * read their prompts ({@link #prefill}: until every session has drawn its only token). Every run
 * must draw the tokens of the first one, and sessions run alone must too: otherwise there is no
 * figure.
 */
public final class StepBench implements AutoCloseable {
  /** Benches draw as many tokens as they were told. */
  private static final int NO_END_OF_TEXT = -1;

  /** Tokens of prompts that a step of the decode bench reads, in equal shares of all sessions. */
  private static final int PROMPTS_A_STEP = 512;

  /** How sessions are run alone: prompts are cut elsewhere than in the bench. */
  private static final EngineOptions ALONE = new EngineOptions(1, 37, 1);

  private final String name;
  private final Subject subject;
  private final Workload workload;
  private final Timed timed;
  private final EngineStep step;
  private final OtherWork others = new OtherWork();
  private List<Recording> first = List.of();

  /** Runs the sessions that wait in a step, and times them. */
  private interface Timed {
    Timing run(EngineStep step, List<Recording> sessions);
  }

  /** What one run took: {@code tokens} in {@code steps}. */
  public record Timing(long tokens, long steps, long nanos) {
    /** Tokens of all sessions together in a second. */
    public double tokensPerSecond() {
      return tokens * 1e9 / nanos;
    }

    /** Steps in a second. */
    public double stepsPerSecond() {
      return steps * 1e9 / nanos;
    }
  }

  private StepBench(
      String name, Subject subject, Workload workload, int tokensPerStep, Timed timed) {
    this.name = name;
    this.subject = subject;
    this.workload = workload;
    this.timed = timed;
    int sessions = workload.sessions();
    step =
        new EngineStep(
            subject.rwkv(),
            subject.tokenizer(),
            NO_END_OF_TEXT,
            new EngineOptions(sessions, Math.max(tokensPerStep, sessions), sessions));
  }

  /** Sessions that all decode; their prompts are read before the clock starts. */
  public static StepBench decode(Subject subject, Workload workload) {
    if (workload.drawnTokens() < 2) {
      throw new IllegalArgumentException("a decode bench needs at least 2 tokens a session");
    }
    int share = Math.clamp(PROMPTS_A_STEP / workload.sessions(), 1, workload.promptTokens());
    return new StepBench(
        "decode", subject, workload, share * workload.sessions(), StepBench::decoding);
  }

  /**
   * Sessions that read their prompts.
   *
   * @param workload draws one token a session, so that there is a digest
   * @param tokensPerStep how many tokens of all prompts one step reads at most
   */
  public static StepBench prefill(Subject subject, Workload workload, int tokensPerStep) {
    return new StepBench("prefill", subject, workload, tokensPerStep, StepBench::reading);
  }

  private static Timing decoding(EngineStep step, List<Recording> sessions) {
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
    return new Timing(drawn(sessions) - before, steps, System.nanoTime() - from);
  }

  private static long drawn(List<Recording> sessions) {
    return sessions.stream().mapToLong(Recording::size).sum();
  }

  private static Timing reading(EngineStep step, List<Recording> sessions) {
    long tokens = 0;
    long steps = 0;
    long from = System.nanoTime();
    while (!step.idle()) {
      StepReport report = step.run();
      tokens += report.promptTokens();
      steps++;
    }
    return new Timing(tokens, steps, System.nanoTime() - from);
  }

  /** Runs at least once, and until so many seconds have passed: compiling takes some. */
  public void warmUp(int seconds) {
    long began = System.nanoTime();
    do {
      once();
    } while (System.nanoTime() - began < seconds * 1_000_000_000L);
  }

  /** One measured run. */
  public Timing run() {
    others.begin();
    Timing timing = once();
    others.end();
    return timing;
  }

  private Timing once() {
    List<Recording> sessions = new ArrayList<>();
    for (int i = 0; i < workload.sessions(); i++) {
      sessions.add(submit(step, i));
    }
    Timing timing = timed.run(step, sessions);
    if (first.isEmpty()) {
      first = sessions;
    } else if (!digest(sessions).equals(digest(first))) {
      throw new OtherTokensException("two runs of the same workload drew different tokens");
    }
    return timing;
  }

  private Recording submit(EngineStep to, int session) {
    Recording recording = new Recording(workload.drawnTokens());
    try {
      to.submit(workload.generation(session, vocabulary()), recording);
    } catch (EngineFullException e) {
      throw new IllegalStateException("the queue holds all sessions", e);
    }
    return recording;
  }

  private int vocabulary() {
    return subject.rwkv().config().vocabulary();
  }

  /**
   * Runs some of the sessions alone, one after the other, as {@code generate} does, with prompts
   * cut elsewhere.
   *
   * @param sessions how many of them, evenly chosen; at most all
   * @return how many were run
   * @throws OtherTokensException if one draws other tokens than it drew in company
   */
  public int verify(int sessions) {
    int count = Math.min(sessions, workload.sessions());
    try (EngineStep alone =
        new EngineStep(subject.rwkv(), subject.tokenizer(), NO_END_OF_TEXT, ALONE)) {
      for (int i = 0; i < count; i++) {
        int number = (int) ((long) i * workload.sessions() / count);
        Recording recording = submit(alone, number);
        while (!recording.ended()) {
          alone.run();
        }
        if (!Arrays.equals(recording.tokens(), first.get(number).tokens())) {
          throw new OtherTokensException(
              "session %d run alone drew other tokens: sha256 %s, together %s"
                  .formatted(
                      number,
                      Recording.digest(List.of(recording.tokens())),
                      Recording.digest(List.of(first.get(number).tokens()))));
        }
      }
    }
    return count;
  }

  /**
   * The figure of measured runs.
   *
   * @param timings of {@link #run}, in their order
   * @param verified what {@link #verify} returned
   */
  public BenchReport report(List<Timing> timings, int verified) {
    return new BenchReport(
        name,
        subject,
        workload,
        List.copyOf(timings),
        new BenchReport.Proof(digest(first), session0(), verified),
        ProcessMemory.peak(),
        others.share());
  }

  private BenchReport.Session session0() {
    Generation g = workload.generation(0, vocabulary());
    return new BenchReport.Session(
        g.seed(), Arrays.stream(g.prompt()).boxed().toList(), digest(List.of(first.getFirst())));
  }

  private static String digest(List<Recording> sessions) {
    return Recording.digest(sessions.stream().map(Recording::tokens).toList());
  }

  @Override
  public void close() {
    step.close();
  }
}
