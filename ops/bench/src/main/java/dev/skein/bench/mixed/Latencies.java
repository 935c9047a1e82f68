package dev.skein.bench.mixed;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;

/** Durations, kept one by one. */
public final class Latencies {
  private long[] nanos = new long[4096];
  private int count;

  /** One more. */
  public void add(long duration) {
    if (count == nanos.length) {
      nanos = Arrays.copyOf(nanos, 2 * count);
    }
    nanos[count++] = duration;
  }

  /** How many there are. */
  public int count() {
    return count;
  }

  /**
   * The smallest duration that is not exceeded by {@code percent} of them (nearest rank).
   *
   * @param percent above 0, at most 100
   * @throws IllegalStateException if there are none
   */
  public long percentile(double percent) {
    if (count == 0) {
      throw new IllegalStateException("no durations");
    }
    long[] sorted = Arrays.copyOf(nanos, count);
    Arrays.sort(sorted);
    int rank = (int) Math.ceil(percent / 100 * count);
    return sorted[Math.clamp(rank, 1, count) - 1];
  }

  /** Writes p50 and p99 in milliseconds; nothing where nothing was measured. */
  public void addTo(ObjectNode line, String name) {
    if (count > 0) {
      line.put(name + "_ms_p50", millis(percentile(50)));
      line.put(name + "_ms_p99", millis(percentile(99)));
    }
  }

  private static double millis(long nanos) {
    return Math.rint(nanos / 1e4) / 100;
  }
}
