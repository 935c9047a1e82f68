package dev.skein.engine;

import dev.skein.engine.prefix.PrefixCounts;

/**
 * Figures of an engine since its start, as of its newest step.
 *
 * @param slots sequences that can run at a time
 * @param running sequences that hold a slot
 * @param waiting generations that wait for one, those not yet seen by the engine's thread included
 * @param steps steps run
 * @param tokens tokens fed
 * @param promptTokens those of them that were known before their step
 * @param drawn tokens reported
 * @param ended generations ended
 * @param last the newest step
 * @param lastNanos its duration
 * @param busyNanos time spent in steps
 * @param prefixes what the prefix cache did
 */
public record EngineStats(
    int slots,
    int running,
    int waiting,
    long steps,
    long tokens,
    long promptTokens,
    long drawn,
    long ended,
    StepReport last,
    long lastNanos,
    long busyNanos,
    PrefixCounts prefixes) {
  static EngineStats none(int slots) {
    StepReport nothing = new StepReport(0, 0, 0, 0, 0, 0, 0);
    return new EngineStats(slots, 0, 0, 0, 0, 0, 0, 0, nothing, 0, 0, PrefixCounts.NONE);
  }

  EngineStats plus(StepReport report, long nanos, int nowWaiting, PrefixCounts prefixes) {
    return new EngineStats(
        slots,
        report.running(),
        nowWaiting,
        steps + 1,
        tokens + report.tokens(),
        promptTokens + report.promptTokens(),
        drawn + report.drawn(),
        ended + report.ended(),
        report,
        nanos,
        busyNanos + nanos,
        prefixes);
  }
}
