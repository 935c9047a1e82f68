package dev.skein.cli.catalogue;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a machine has to run models with.
 *
 * @param memory bytes that are free for them
 * @param cores that compute
 * @param bandwidth bytes a second that all cores together read from memory
 */
public record Machine(long memory, int cores, double bandwidth) {
  private static final Path MEMORY = Path.of("/proc/meminfo");
  private static final Pattern AVAILABLE = Pattern.compile("MemAvailable:\\s+([0-9]{1,15}) kB");
  private static final long SCRATCH_MAX = 256L << 20;
  private static final int BLOCK = 8192;
  private static final long MEASURE_NANOS = 300_000_000;

  /** Bytes that this machine, or the container that it is, has free. */
  public static long availableMemory() {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    try {
      // What caches hold is free for the asking, and the bean does not count it.
      Matcher available = AVAILABLE.matcher(Files.readString(MEMORY));
      if (available.find()) {
        return Math.min(system.getTotalMemorySize(), Long.parseLong(available.group(1)) << 10);
      }
    } catch (IOException e) {
      // Not Linux: the bean will do.
    }
    return system.getFreeMemorySize();
  }

  /** Measures for a third of a second how fast the cores read memory that no cache holds. */
  public static double measureBandwidth(int cores) {
    long scratch = Math.min(SCRATCH_MAX, Runtime.getRuntime().maxMemory() / 3);
    int longs = (int) (scratch / cores / Long.BYTES);
    try (ExecutorService threads = Executors.newFixedThreadPool(cores)) {
      List<Future<Double>> readers = new ArrayList<>();
      for (int i = 0; i < cores; i++) {
        readers.add(threads.submit(() -> read(new long[longs])));
      }
      double sum = 0;
      for (Future<Double> reader : readers) {
        sum += reader.get();
      }
      return sum;
    } catch (ExecutionException e) {
      throw new IllegalStateException("measuring the memory failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while measuring the memory", e);
    }
  }

  /** Bytes a second of one thread: the best of its rounds, since the first ones warm up. */
  private static double read(long[] values) {
    Arrays.fill(values, 1);
    double best = 0;
    long sum = 0;
    long end = System.nanoTime() + MEASURE_NANOS;
    for (long now = System.nanoTime(); now < end; ) {
      for (int i = 0; i < values.length; i += BLOCK) {
        sum += sum(values, i, Math.min(i + BLOCK, values.length));
      }
      long then = System.nanoTime();
      best = Math.max(best, (double) values.length * Long.BYTES / Math.max(1, then - now) * 1e9);
      now = then;
    }
    if (sum % values.length != 0) {
      throw new AssertionError("the sum keeps the compiler from leaving the reading out");
    }
    return best;
  }

  /** A method of its own, which the compiler has ready long before the time is over. */
  private static long sum(long[] values, int from, int to) {
    long sum = 0;
    for (int i = from; i < to; i++) {
      sum += values[i];
    }
    return sum;
  }
}
