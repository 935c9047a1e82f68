package dev.skein.bench.mixed;

import dev.skein.bench.OtherTokensException;
import dev.skein.bench.Recording;
import dev.skein.bench.Subject;
import dev.skein.engine.EngineFullException;
import dev.skein.engine.EngineOptions;
import dev.skein.engine.EngineStep;
import dev.skein.engine.FinishReason;
import dev.skein.engine.Generation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Sessions that come and go on one {@link EngineStep}, with the token budget that serving has.
 * Afterwards the first of them are run alone, and must have drawn the same tokens.
 */
public final class MixedBench {
  private static final int NO_END_OF_TEXT = -1;
  private static final int VERIFIED = 3;

  /** What of a run is not measured: the places fill up. */
  private static final double RAMP = 0.1;

  /** Tokens of a prompt that presses on running sessions. */
  private static final int LONG_PROMPT = 2048;

  private final Subject subject;
  private final MixedLoad load;
  private final int vocabulary;

  /** A load on a model that is warm. */
  public MixedBench(Subject subject, MixedLoad load) {
    this.subject = subject;
    this.load = load;
    this.vocabulary = subject.rwkv().config().vocabulary();
  }

  /**
   * So many arrivals a second, for as long as the load says.
   *
   * @param name of the line
   * @param queue how many may wait for a place; who comes then is turned away
   * @param steadyTokensPerSecond of the same number of sessions that all decode
   */
  public MixedReport run(
      String name, double arrivalsPerSecond, int queue, double steadyTokensPerSecond) {
    Latencies firstToken = new Latencies();
    Latencies betweenTokens = new Latencies();
    Visit.Meters meters = new Visit.Meters();
    List<Visit> visits = new ArrayList<>();
    EngineOptions options =
        EngineOptions.defaults().withSlots(load.sessions()).withQueue(queue + 1);
    MixedReport.Counts counts = new MixedReport.Counts();
    try (EngineStep step = step(options)) {
      long began = System.nanoTime();
      long ramp = began + (long) (RAMP * load.seconds() * 1e9);
      long end = began + (long) (load.seconds() * 1e9);
      int arrivals = 0;
      long next = began;
      for (long now = began; now < end; now = System.nanoTime()) {
        for (; next <= now; next += load.gapNanos(arrivals, arrivalsPerSecond)) {
          if (step.waiting() < queue) {
            visits.add(submit(step, load.generation(arrivals, vocabulary), next, meters));
          } else {
            counts.refused++;
          }
          arrivals++;
        }
        if (now >= ramp && counts.from == 0) {
          counts.from = now;
          meters.to(firstToken, betweenTokens);
        }
        if (step.idle()) {
          LockSupport.parkNanos(Math.min(next, end) - System.nanoTime());
        } else {
          counts.add(step.run(), now);
        }
      }
      counts.to = System.nanoTime();
      step.endAll(FinishReason.CANCELLED, "the bench is over");
      counts.arrived = arrivals;
    }
    return new MixedReport(
        name,
        subject,
        load,
        arrivalsPerSecond,
        counts,
        steadyTokensPerSecond,
        firstToken,
        betweenTokens,
        verify(visits));
  }

  /**
   * What prompts cost those who decode: all places but one decode, first by themselves, then while
   * one long prompt after another is read beside them.
   */
  public PressureReport underPrompts() {
    Latencies calm = new Latencies();
    Latencies pressed = new Latencies();
    Visit.Meters meters = new Visit.Meters();
    Visit.Meters none = new Visit.Meters();
    List<Visit> visits = new ArrayList<>();
    EngineOptions options = EngineOptions.defaults().withSlots(load.sessions() + 1);
    long prompts = 0;
    long nanos;
    try (EngineStep step = step(options)) {
      for (int i = 0; i < load.sessions(); i++) {
        Generation endless =
            load.generation(i, vocabulary).toBuilder().maxTokens(Integer.MAX_VALUE).build();
        visits.add(submit(step, endless, 0, meters));
      }
      runFor(step, RAMP * load.seconds());
      meters.to(null, calm);
      runFor(step, load.seconds() / 2);
      meters.to(null, null);
      MixedLoad longPrompts =
          new MixedLoad(1, load.seconds(), LONG_PROMPT, 1, load.seed() + 1, load.sampling());
      long from = System.nanoTime();
      int read = 0;
      while (System.nanoTime() - from < load.seconds() / 2 * 1e9) {
        Generation prompt = fullLength(longPrompts.generation(read, vocabulary));
        Visit reading = submit(step, prompt, 0, none);
        while (!reading.ended()) {
          prompts += step.run().promptTokens();
          meters.to(null, pressed); // from the first gap that a prompt can have stretched
        }
        read++;
      }
      nanos = System.nanoTime() - from;
      step.endAll(FinishReason.CANCELLED, "the bench is over");
    }
    return new PressureReport(
        subject,
        load.sessions(),
        LONG_PROMPT,
        calm,
        pressed,
        prompts * 1e9 / nanos,
        verify(visits));
  }

  private static Generation fullLength(Generation random) {
    int[] prompt = new int[LONG_PROMPT];
    for (int i = 0; i < prompt.length; i++) {
      prompt[i] = random.prompt()[i % random.prompt().length];
    }
    return Generation.of(prompt).maxTokens(1).ignoreEndOfText(true).build();
  }

  private static void runFor(EngineStep step, double seconds) {
    long from = System.nanoTime();
    while (System.nanoTime() - from < seconds * 1e9) {
      step.run();
    }
  }

  private EngineStep step(EngineOptions options) {
    return new EngineStep(subject.rwkv(), subject.tokenizer(), NO_END_OF_TEXT, options);
  }

  private static Visit submit(
      EngineStep step, Generation generation, long arrived, Visit.Meters meters) {
    Visit visit = new Visit(generation, arrived, meters);
    try {
      step.submit(generation, visit);
    } catch (EngineFullException e) {
      throw new IllegalStateException("there was room in the queue", e);
    }
    return visit;
  }

  private MixedReport.Proof verify(List<Visit> visits) {
    List<Visit> some = visits.stream().filter(v -> v.tokens().length > 0).limit(VERIFIED).toList();
    try (EngineStep alone = step(new EngineOptions(1, 37, 1))) {
      for (Visit visit : some) {
        Visit again = submit(alone, visit.remembered(), 0, new Visit.Meters());
        while (!again.ended()) {
          alone.run();
        }
        if (!Arrays.equals(again.tokens(), visit.tokens())) {
          throw new OtherTokensException("a session run alone drew other tokens than in company");
        }
      }
    }
    return new MixedReport.Proof(
        Recording.digest(some.stream().map(Visit::tokens).toList()), some.size());
  }
}
