package dev.skein.system.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;

/**
 * How busy a cluster and its machine are while nothing goes wrong, in parts of all processors.
 *
 * @param cluster share of the cluster's processes
 * @param machine share of everything that runs, the cluster included
 */
record Load(double cluster, double machine) {
  private static final Path STAT = Path.of("/proc/stat");
  private static final int IDLE = 3;
  private static final int WAITING = 4;

  /** Measures while something runs. */
  static Load during(Cluster cluster, Runnable work) {
    long began = System.nanoTime();
    Duration before = cluster.processorTime();
    long[] machine = ticks();
    work.run();
    double wall = System.nanoTime() - began;
    double used = cluster.processorTime().minus(before).toNanos();
    long[] now = ticks();
    double total = Arrays.stream(now).sum() - (double) Arrays.stream(machine).sum();
    double idle = now[IDLE] + now[WAITING] - (double) (machine[IDLE] + machine[WAITING]);
    return new Load(
        used / wall / Runtime.getRuntime().availableProcessors(),
        total == 0 ? 0 : 1 - idle / total);
  }

  private static long[] ticks() {
    try {
      String all = Files.readAllLines(STAT).getFirst();
      return Arrays.stream(all.replaceFirst("cpu +", "").split(" ", -1))
          .limit(8)
          .mapToLong(Long::parseLong)
          .toArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return "%.0f %% of all processors used by the cluster, %.0f %% by everything"
        .formatted(100 * cluster, 100 * machine);
  }
}
