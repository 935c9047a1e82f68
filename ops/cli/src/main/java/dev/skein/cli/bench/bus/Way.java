package dev.skein.cli.bench.bus;

import dev.skein.bench.Workload;

/** How the sessions of a workload are run. */
public interface Way {
  /** Runs all sessions together. */
  Played run(Workload workload);

  /** Runs one session alone: nanoseconds from asking to its first token. */
  long firstToken(Workload workload, int session);
}
